/**
 * A pairing heap, in the order of a comparison: what comes first comes out first, and of equals the one that came first.
 *
 * Why timer-heap.ts does not take a comparison and do this as well: the engine compiles one version of its loops, with the
 * comparison called and not inlined once a program uses several. That makes timers half as slow again as soon as one priority
 * queue is in use (measured). Here every item costs an object anyway, for its number, and the comparison is the user's and may
 * be slow, so the heap that compares least is the best one: nothing is compared twice, and adding costs one comparison.
 *
 * A node has a first child and a next sibling; no child comes before its parent.
 */

interface Node<T> {
  readonly item: T;
  /** Breaks ties: smaller is older. */
  readonly sequence: number;
  child: Node<T> | null;
  sibling: Node<T> | null;
}

/** A priority queue: O(1) in, O(log n) out on average. */
export class PairingHeap<T> {
  private root: Node<T> | null = null;
  private count = 0;
  private lastSequence = 0;

  /** @param compare negative if `a` comes before `b`, positive if after, 0 if they are equal; as for `Array.prototype.sort` */
  constructor(private readonly compare: (a: T, b: T) => number) {}

  /** How many items there are. */
  get length(): number {
    return this.count;
  }

  /** Adds an item. What the comparison throws is thrown, and the item is not added. */
  push(item: T): void {
    this.lastSequence += 1;
    const node: Node<T> = { item, sequence: this.lastSequence, child: null, sibling: null };
    this.root = this.root === null ? node : this.meld(this.root, node);
    this.count += 1;
  }

  /** Removes and returns the first item; undefined when empty. What the comparison throws is thrown, and nothing is removed. */
  shift(): T | undefined {
    const { root } = this;
    if (root === null) return undefined;
    this.root = this.meldChildren(root);
    this.count -= 1;
    return root.item;
  }

  /** Removes every item. */
  clear(): void {
    this.root = null;
    this.count = 0;
  }

  /** Makes one tree of the children of a node: first in pairs, then all pairs, which is what keeps trees shallow. */
  private meldChildren(node: Node<T>): Node<T> | null {
    const trees = takeChildren(node);
    const pairs: Array<Node<T>> = [];
    try {
      for (; trees.length > 1; trees.length -= 2) pairs.push(this.meldLast(trees));
      pairs.push(...trees.splice(0));
      while (pairs.length > 1) pairs.splice(-2, 2, this.meldLast(pairs));
    } catch (error) {
      giveChildren(node, [...trees, ...pairs]); // the comparison is user code: half melded, items would be lost
      throw error;
    }
    return pairs[0] ?? null;
  }

  private meldLast(trees: ReadonlyArray<Node<T>>): Node<T> {
    return this.meld(trees.at(-1) as Node<T>, trees.at(-2) as Node<T>);
  }

  /** One tree of two: the later root becomes a child of the earlier one. */
  private meld(a: Node<T>, b: Node<T>): Node<T> {
    const order = this.compare(a.item, b.item) || a.sequence - b.sequence;
    const [first, second] = order < 0 ? [a, b] : [b, a];
    second.sibling = first.child;
    first.child = second;
    return first;
  }
}

function takeChildren<T>(node: Node<T>): Array<Node<T>> {
  const children: Array<Node<T>> = [];
  for (let child = node.child; child !== null;) {
    children.push(child);
    const next: Node<T> | null = child.sibling;
    child.sibling = null;
    child = next;
  }
  node.child = null;
  return children;
}

function giveChildren<T>(node: Node<T>, children: ReadonlyArray<Node<T>>): void {
  for (const child of children) {
    child.sibling = node.child;
    node.child = child;
  }
}

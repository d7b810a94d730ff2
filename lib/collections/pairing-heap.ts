/**
 * A pairing heap, ordered by a comparison function; equal items come out in insertion order.
 *
 * Why not give timer-heap.ts a comparison function instead? The engine compiles its loops once, and stops inlining the comparison
 * as soon as a program uses more than one: a single priority queue would make every timer half as slow again (measured). In this
 * heap each item needs a node for its sequence number anyway. The comparison is user code and may be slow, so the heap that compares
 * least is the best one: no pair is compared twice, and adding costs one comparison.
 *
 * A node has a first child and a next sibling; no child sorts before its parent.
 */

interface Node<T> {
  readonly item: T;
  /** Breaks ties: smaller is older. */
  readonly sequence: number;
  child: Node<T> | null;
  sibling: Node<T> | null;
}

/** A priority queue: adding takes O(1), removing O(log n) amortized. */
export class PairingHeap<T> {
  private root: Node<T> | null = null;
  private count = 0;
  private lastSequence = 0;

  /** @param compare negative if `a` sorts before `b`, positive if after, 0 if they are equal, as for `Array.prototype.sort` */
  constructor(private readonly compare: (a: T, b: T) => number) {}

  /** The number of items. */
  get length(): number {
    return this.count;
  }

  /** Adds an item. If the comparison throws, the error propagates and the item is not added. */
  push(item: T): void {
    this.lastSequence += 1;
    const node: Node<T> = { item, sequence: this.lastSequence, child: null, sibling: null };
    this.root = this.root === null ? node : this.meld(this.root, node);
    this.count += 1;
  }

  /** Removes and returns the first item; undefined when empty. If the comparison throws, the error propagates and nothing is removed. */
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

  /** Melds the children of a node into one tree: first in pairs, then the pairs. Pairing is what keeps the trees shallow. */
  private meldChildren(node: Node<T>): Node<T> | null {
    const trees = takeChildren(node);
    const pairs: Array<Node<T>> = [];
    try {
      for (; trees.length > 1; trees.length -= 2) pairs.push(this.meldLast(trees));
      pairs.push(...trees.splice(0));
      while (pairs.length > 1) pairs.splice(-2, 2, this.meldLast(pairs));
    } catch (error) {
      giveChildren(node, [...trees, ...pairs]); // the comparison threw: restore the children, or half-melded items would be lost
      throw error;
    }
    return pairs[0] ?? null;
  }

  private meldLast(trees: ReadonlyArray<Node<T>>): Node<T> {
    return this.meld(trees.at(-1) as Node<T>, trees.at(-2) as Node<T>);
  }

  /** Joins two trees: the root that sorts later becomes a child of the other. */
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

/** The three standard descriptors of a child, and the parent's ends of those that are pipes. */

import { closeSync, openSync } from 'node:fs';

import { outOfRange, wrongType } from '../errors/index.js';
import { descriptorOf } from '../selectors/file-object.js';
import { closeDescriptor } from '../sockets/descriptor-close.js';
import type { Socket } from '../sockets/index.js';
import { ownedPipe } from '../sockets/pipe.js';

/**
 * A standard descriptor of a child: the one of this process ('inherit'), /dev/null ('ignore'), a pipe to this process ('pipe'), or a
 * descriptor or Socket, which the caller continues to own.
 */
export type Stdio = 'inherit' | 'pipe' | 'ignore' | number | Socket;

/** The standard descriptors of a child. */
export interface StdioOptions {
  /** Default: 'inherit'. */
  stdin?: Stdio;
  /** Default: 'inherit'. */
  stdout?: Stdio;
  /** Default: 'inherit'. 'stdout' means the same descriptor as the child's stdout. */
  stderr?: Stdio | 'stdout';
}

const STREAMS = ['stdin', 'stdout', 'stderr'] as const;
const WORDS: ReadonlySet<unknown> = new Set(['inherit', 'pipe', 'ignore']);

/** Checks and returns the standard descriptors among the options. TypeError or RangeError for misuse. */
export function checkStdio(options: StdioOptions): StdioOptions {
  for (const name of STREAMS) {
    const value: unknown = options[name];
    const expected = `'inherit', 'pipe', 'ignore'${name === 'stderr' ? ", 'stdout'" : ''}, a descriptor or a Socket`;
    if (value === undefined || WORDS.has(value) || (value === 'stdout' && name === 'stderr')) continue;
    if (typeof value === 'string') throw outOfRange(`createSubprocess: ${name}`, expected, value);
    if (typeof value !== 'number' && !(typeof value === 'object' && value !== null && 'fileno' in value))
      throw wrongType(`createSubprocess: ${name}`, expected, value);
    descriptorOf(value as number | Socket);
  }
  const { stdin = 'inherit', stdout = 'inherit', stderr = 'inherit' } = options;
  return { stdin, stdout, stderr };
}

/** The descriptors of one child. `[Symbol.dispose]()` closes those that were not taken. */
export class ChildStdio implements Disposable {
  /** The descriptors that the child gets. */
  readonly ofChild: Int32Array = new Int32Array(3);
  /** The parent's ends; -1 where there is no pipe. */
  private readonly ours = [-1, -1, -1];
  private readonly closers: Array<() => void> = [];

  /** @throws OSError EMFILE if no descriptor is left; TypeError for a Socket that has been closed */
  constructor(options: StdioOptions) {
    try {
      for (const [i, name] of STREAMS.entries()) this.ofChild[i] = this.open(i, options[name] ?? 'inherit');
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** Returns the parent's end of a pipe, which the caller then owns; null if this is not a pipe. */
  take(name: (typeof STREAMS)[number]): number | null {
    const index = STREAMS.indexOf(name);
    const end = this.ours[index]!;
    this.ours[index] = -1;
    return end < 0 ? null : end;
  }

  /**
   * Closes the remaining descriptors. The child has copies of its ends; as long as the parent also held them, readers would never get EOF.
   * There is no data to lose, so errors of close(2) are ignored.
   */
  [Symbol.dispose](): void {
    for (const close of this.closers.splice(0)) close();
    for (const end of this.ours.splice(0, 3, -1, -1, -1)) if (end >= 0) closeDescriptor(end);
  }

  private open(index: number, wanted: Stdio | 'stdout'): number {
    if (wanted === 'inherit') return index;
    if (wanted === 'stdout') return this.ofChild[1]!;
    if (wanted === 'ignore') return this.openNull();
    if (wanted === 'pipe') return this.openPipe(index);
    return descriptorOf(wanted);
  }

  private openNull(): number {
    const nothing = openSync('/dev/null', 'r+');
    this.closers.push(() => closeSync(nothing));
    return nothing;
  }

  private openPipe(index: number): number {
    const { read, write } = ownedPipe();
    const [theirs, ours] = index === 0 ? [read, write] : [write, read];
    this.ours[index] = ours;
    this.closers.push(() => closeDescriptor(theirs));
    return theirs;
  }
}

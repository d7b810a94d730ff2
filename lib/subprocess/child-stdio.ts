/** The descriptors of a child: the three standard ones with the parent's ends of those that are pipes, and further ones. */

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
  /**
   * Descriptors or Sockets that the child gets as 3, 4 and so on; the caller continues to own them. Python's `pass_fds`, which keeps the
   * numbers, would depend on what else is open. Default: none.
   */
  extraFds?: ReadonlyArray<number | Socket>;
}

const STREAMS = ['stdin', 'stdout', 'stderr'] as const;
/** The child keeps them on a small stack until its program runs. */
const MOST_EXTRA = 1000;
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
  const { stdin = 'inherit', stdout = 'inherit', stderr = 'inherit', extraFds = [] } = options;
  checkExtra(extraFds);
  return { stdin, stdout, stderr, extraFds: [...extraFds] };
}

function checkExtra(extraFds: unknown): void {
  if (!Array.isArray(extraFds))
    throw wrongType('createSubprocess: extraFds', 'an array of descriptors and Sockets', extraFds);
  if (extraFds.length > MOST_EXTRA)
    throw outOfRange('createSubprocess: extraFds', `at most ${MOST_EXTRA} descriptors`, extraFds.length);
  for (const [i, value] of (extraFds as unknown[]).entries()) {
    if (typeof value !== 'number' && !(typeof value === 'object' && value !== null && 'fileno' in value))
      throw wrongType(`createSubprocess: extraFds[${i}]`, 'a descriptor or a Socket', value);
    descriptorOf(value as number | Socket);
  }
}

/** The descriptors of one child. `[Symbol.dispose]()` closes those that were not taken. */
export class ChildStdio implements Disposable {
  /** The descriptors that the child gets. */
  readonly ofChild: Int32Array;
  /** The parent's ends; -1 where there is no pipe. */
  private readonly ours = [-1, -1, -1];
  private readonly closers: Array<() => void> = [];

  /** @throws OSError EMFILE if no descriptor is left; TypeError for a Socket that has been closed */
  constructor(options: StdioOptions) {
    const { extraFds = [] } = options;
    this.ofChild = new Int32Array(STREAMS.length + extraFds.length);
    try {
      for (const [i, extra] of extraFds.entries()) this.ofChild[STREAMS.length + i] = descriptorOf(extra);
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

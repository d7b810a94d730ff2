/** The words of memory that the loop and its inspector thread share, and the messages between them. */

import type { MessagePort } from 'node:worker_threads';

import type { ControlRequest, HelloAnswer, Level, TableName, ThreadLine, WantRequest } from './protocol.js';

/** The index of each word. */
export const Word = {
  /** A {@link ThreadState}. */
  State: 0,
  /** 1 if all viewers may control the loop. */
  Control: 1,
  /** Incremented with each order, to wake a loop that is paused. */
  Orders: 2,
  /** The number of words. */
  Count: 3,
} as const;

/** The life of the thread. The side that changes it from `Starting` owns the listening descriptor from then on. */
export const ThreadState = {
  Starting: 0,
  /** The thread owns the listening descriptor. */
  Running: 1,
  /** The loop has closed the door before the thread ran: the thread ends without touching anything. */
  Refused: 2,
  /** The thread has closed its descriptors and rings the bell no more. */
  Ended: 3,
} as const;

/** What the thread gets when it is started. */
export interface ThreadData {
  /** The listening descriptor, which the thread owns once it runs. */
  readonly listener: number;
  /** The eventfd that wakes the loop. */
  readonly bell: number;
  readonly port: MessagePort;
  readonly words: Int32Array;
  /** The folders of the library, to tell its frames from the program's; null: the engine must not be asked where the loop is stuck. */
  readonly library: readonly string[] | null;
  /** The first line for each viewer, without `control`. */
  readonly hello: Omit<HelloAnswer, 'control'>;
}

/** An answer of the loop. */
export interface Answer {
  /** A JSON object. */
  readonly text: string;
  /** The events of its `trace`, which the thread adds: to make text of them takes longer than all else, and is not the loop's work. */
  readonly events?: ReadonlyArray<Float64Array<ArrayBuffer>>;
}

/** Loop to thread: end; a line for all viewers; an answer, with the time in milliseconds that it took. */
export type ToThread =
  | { readonly end: string }
  | { readonly line: ThreadLine }
  | (Answer & { readonly id: number; readonly tookMs: number });

/** Thread to loop: watch at this level. There is no answer. */
export interface LevelOrder {
  readonly level: Level;
}

/** Thread to loop: make a table. */
export interface TableOrder extends Omit<WantRequest, 'want' | 'everyMs'> {
  readonly id: number;
  readonly table: TableName;
}

/** Thread to loop: a viewer controls it, or the last one that did has left (null). There is no answer. */
export interface ControlOrder {
  readonly control: ControlRequest | null;
}

/** Thread to loop: a viewer will control it. There is no answer. */
export interface AllowOrder {
  readonly allow: true;
}

/** Thread to loop. */
export type ToLoop = TableOrder | LevelOrder | ControlOrder | AllowOrder;

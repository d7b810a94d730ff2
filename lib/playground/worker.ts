/**
 * The entry point of the playground's worker: runs one program, and posts its recording. A program that does not end occupies the worker
 * and not the page, which terminates it.
 */

import { writeTo } from '../platform/browser/process.js';
import { Buffer } from '../platform/bytes.js';
import { PROGRAM, compile, problemOf } from './program.js';
import { type Recording, type Wire, logOf } from './recording.js';
import { runProgram } from './run-program.js';

/** What the page sends. */
export interface Order {
  readonly text: string;
  readonly wire: Wire;
}

/** What it gets back. */
export interface Answer {
  readonly recording: Recording;
  readonly log: string;
}

interface Scope {
  onmessage: ((message: { readonly data: Order }) => void) | null;
  postMessage(answer: Answer): void;
  importScripts(address: string): void;
  [PROGRAM]?: (selectloop: unknown, console: unknown) => void;
}

declare const URL: { createObjectURL(blob: Blob): string };

const scope = globalThis as unknown as Scope;
Reflect.set(globalThis, 'Buffer', Buffer);

scope.onmessage = ({ data: { text, wire } }) => {
  let script: string;
  try {
    script = compile(text);
  } catch (error) {
    const recording = { trace: null, output: [], calls: [], sockets: [], packets: [], problem: problemOf(error, '') };
    scope.postMessage({ recording, log: logOf(recording) });
    return;
  }
  // An error of the syntax is reported to the page with its line, by the engine: nothing here must catch it.
  const file = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
  scope.importScripts(file);
  const recording = runProgram(text, file, wire, ({ library, console }) => {
    writeTo((written) => console['log']?.(written.replace(/\n$/, '')));
    scope[PROGRAM]?.(library, console);
  });
  scope.postMessage({ recording, log: logOf(recording) });
};

/** The file that controls the injected library; `struct control` in inject.c is its layout. */

import { closeSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';

const source = readFileSync(join(import.meta.dirname, 'inject.c'), 'utf8');

/** The names of the system calls, in the order of their counts. */
export const CALLS = [...source.matchAll(/^ {2}X\((\w+)\)/gm)].map(([, name]) => name);

const FIELDS = 6;
const FIRED = 5;
export const CONTROL_BYTES = (FIELDS + CALLS.length) * 4;

/** The codes of getaddrinfo that stand for no errno. */
const EAI = { EAI_AGAIN: -3, EAI_FAIL: -4, EAI_MEMORY: -10 };

/** `SHORT` transfers one byte. */
function numberOf(error) {
  if (error === 'SHORT') return 0;
  const number = EAI[error] ?? constants.errno[error];
  if (number === undefined) throw new RangeError(`no errno is called ${error}`);
  return number;
}

export class FaultControl {
  constructor(path) {
    this.fd = openSync(path, 'r+');
  }

  /** Counts the calls from now on, and changes those of `fault`, if there is one: `{ call, error, from, every }`. */
  start(fault = null) {
    const words = new Int32Array(FIELDS + CALLS.length);
    const call = fault === null ? -1 : CALLS.indexOf(fault.call);
    words.set(fault === null ? [1, -1] : [1, call, numberOf(fault.error), fault.from, fault.every]);
    writeSync(this.fd, new Uint8Array(words.buffer), 0, CONTROL_BYTES, 0);
  }

  /** Stops counting and changing. Returns how many calls were changed, and how often each was made. */
  stop() {
    writeSync(this.fd, new Uint8Array(4), 0, 4, 0);
    const words = new Int32Array(FIELDS + CALLS.length);
    readSync(this.fd, new Uint8Array(words.buffer), 0, CONTROL_BYTES, 0);
    const counts = new Map(CALLS.map((name, i) => [name, words[FIELDS + i]]).filter(([, count]) => count > 0));
    return { fired: words[FIRED], counts };
  }

  close() {
    closeSync(this.fd);
  }
}

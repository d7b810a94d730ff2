/** What the scenarios are made of. */

import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Socket } from 'selectloop';

export const BYTES = Buffer.alloc(150_000, 'selectloop ');
export const SMALL = Buffer.from('sixteen bytes...');
export const LOOPBACK = { host: '127.0.0.1', port: 0 };

export function expectSame(actual, expected, what) {
  if (!Buffer.from(actual).equals(expected)) throw new Error(`${what}: expected ${expected.length} bytes, got others`);
}

/** Closes all of them, and then throws the first error. */
export function closeAll(...list) {
  const errors = list.flatMap((closable) => {
    try {
      closable.close();
      return [];
    } catch (error) {
      return [error];
    }
  });
  if (errors.length > 0) throw errors[0];
}

export function tcpSocket() {
  const socket = new Socket();
  socket.setBlocking(false);
  return socket;
}

/** A scenario with a folder, and a file in it that holds BYTES. */
export function withFile(body) {
  return function* (note) {
    const folder = mkdtempSync(join(tmpdir(), 'selectloop-faults-'));
    const path = join(folder, 'file');
    writeFileSync(path, BYTES);
    const file = openSync(path, 'r');
    try {
      yield* body(note, file, folder);
    } finally {
      closeSync(file);
      rmSync(folder, { recursive: true });
    }
  };
}

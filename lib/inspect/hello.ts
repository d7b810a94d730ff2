/** What a process says about itself to a viewer. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';

import { packageRoot } from '../loop/package-root.js';
import { type HelloAnswer, PROTOCOL_VERSION } from './protocol.js';

/** A title is for one line of a terminal. */
const LONGEST_TITLE = 200;

/** Returns the first line for a viewer. */
export function ownHello(door: string): Omit<HelloAnswer, 'control'> {
  const title = process.argv.slice(1).join(' ').slice(0, LONGEST_TITLE);
  return {
    ...{ hello: PROTOCOL_VERSION, pid: process.pid, thread: threadId, door },
    ...{ title: title === '' ? process.title : title, version: ownVersion() },
  };
}

function ownVersion(): string {
  try {
    const text = readFileSync(join(packageRoot, 'package.json'), 'utf8');
    return (JSON.parse(text) as { version: string }).version;
  } catch {
    return 'unknown'; // a bundle
  }
}

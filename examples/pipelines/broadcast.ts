// One source, three greps: first each with a separate printer (fan-out), then all with the same printer (fan-in).
// Watch the printer of the second part close with the last of its three senders, not with the first.
// A pulled generator has one consumer. A pushed one can have many senders and many targets.

import { program } from '../support/program.js';
import { type Consumer, broadcast, grep, primed, printer, source } from './pipeline.js';

const LINES = ['a python and a swig', 'a ply', 'neither of them', 'a python and a ply'];

const counter = primed(function* counter(): Consumer<string> {
  let count = 0;
  try {
    for (; ; count += 1) console.log(`  ${yield}`);
  } finally {
    console.log(`  (${count} lines)`);
  }
});

export function main(): void {
  console.log('fan-out');
  source(
    LINES,
    broadcast([
      grep('python', printer('  python: ')),
      grep('ply', printer('  ply: ')),
      grep('swig', printer('  swig: ')),
    ]),
  );
  console.log('fan-in');
  const one = counter();
  source(LINES, broadcast([grep('python', one), grep('ply', one), grep('swig', one)]));
}

await program(import.meta, main);

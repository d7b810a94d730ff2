/** `npm run examples`: prints every program with the first line of its header. */

import { type Program, programs } from './catalogue.js';

/** Returns the lines to print: a heading for each folder, then its programs. */
function listing(all: readonly Program[]): string[] {
  const width = Math.max(...all.map(({ name }) => name.length));
  const lines: string[] = [];
  let folder = '';
  for (const { name, header } of all) {
    const [first = ''] = name.split('/');
    if (first !== folder) lines.push('', `${first}  (examples/${first}/README.md)`);
    folder = first;
    lines.push(`  ${name.padEnd(width)}  ${header[0]}`);
  }
  return lines.slice(1);
}

console.log(listing(programs()).join('\n'));
console.log('\nnpm run example NAME -- ARGUMENTS runs one');

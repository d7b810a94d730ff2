/** The list of programs as text. */

import { programs } from './catalogue.js';

/** Returns the lines to print: a heading for each folder, then its programs with the first line of their headers. */
export function listing(heading: (folder: string) => string): string[] {
  const all = programs();
  const width = Math.max(...all.map(({ name }) => name.length));
  const lines: string[] = [];
  let folder = '';
  for (const { name, header } of all) {
    const [first = ''] = name.split('/');
    if (first !== folder) lines.push('', heading(first));
    folder = first;
    lines.push(`  ${name.padEnd(width)}  ${header[0]}`);
  }
  return lines.slice(1);
}

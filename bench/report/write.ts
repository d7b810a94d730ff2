/** Writes the files of a report. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Results } from '../results.js';
import { pageOf } from './page.js';
import { standalone } from './picture.js';
import { sectionsOf } from './sections.js';

/** Writes results.json, report.html and one SVG file for each plot into a folder. */
export function writeReport(results: Results, folder: string): void {
  const sections = sectionsOf(results);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'results.json'), `${JSON.stringify(results)}\n`);
  writeFileSync(join(folder, 'report.html'), pageOf(results, sections));
  for (const { name, svg } of sections.flatMap(({ figures }) => figures)) {
    writeFileSync(join(folder, `${name}.svg`), `${standalone(svg)}\n`);
  }
}

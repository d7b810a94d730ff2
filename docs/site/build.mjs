/** Builds the site into `build-docs/html`. Run by `npm run docs`. */

import { mkdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { writeApi } from './generate/api.mjs';
import { writePages } from './generate/pages.mjs';
import { HTML, PAGES } from './generate/places.mjs';
import { writePlayers } from './generate/players.mjs';
import { writeSources } from './generate/sources.mjs';

const SITE = fileURLToPath(new URL('.', import.meta.url));

/** Runs one part of the build, and prints how long it took. */
async function step(name, work) {
  const start = performance.now();
  await work();
  console.log(`${name}: ${((performance.now() - start) / 1000).toFixed(1)} s`);
}

const { values } = parseArgs({ options: { base: { type: 'string', default: '/' } } });
if (!/^\/(?:.*\/)?$/.test(values.base)) {
  console.error(`--base: expected a path that begins and ends with a slash, got '${values.base}'`);
  process.exit(2);
}
process.env.DOCS_BASE = values.base;

for (const folder of [PAGES, HTML]) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
}
try {
  await step('documents', writePages);
  await step('players', writePlayers);
  await step('API reference', writeApi);
  // Imported now, because its configuration reads what the steps above have written, and the base from the environment.
  const { build } = await import('vitepress');
  await step('pages', () => build(SITE));
  await step('sources', writeSources);
  console.log('built build-docs/html; npm run docs:preview shows it');
} catch (error) {
  console.error(`the documentation was not built: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}

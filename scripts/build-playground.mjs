/** Builds the worker of the playground, and its page, into a folder. The worker is in `dist/`, by which its own code is told from the program's. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { rolldown } from 'rolldown';

import { INPUT_FOR_PAGES, OUTPUT_FOR_PAGES, forPages } from './for-pages.mjs';

const PLAYGROUND = fileURLToPath(new URL('../lib/playground', import.meta.url));

/** Leaves out a warning of code that never runs in a page. */
const onLog = (level, log, report) => {
  if (log.code !== 'EMPTY_IMPORT_META') report(level, log);
};

/** Builds the library with the simulated kernel into `FOLDER/dist/worker.js`. Returns the code. */
export async function buildWorker(folder) {
  const bundle = await rolldown({
    ...INPUT_FOR_PAGES,
    input: `${PLAYGROUND}/worker.ts`,
    plugins: [forPages()],
    onLog,
  });
  const { output } = await bundle.generate(OUTPUT_FOR_PAGES);
  mkdirSync(`${folder}/dist`, { recursive: true });
  writeFileSync(`${folder}/dist/worker.js`, output[0].code);
  return output[0].code;
}

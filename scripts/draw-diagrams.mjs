/** Draws the pictures of the documents into docs/images/, each for a light and for a dark page: `npm run docs:diagrams`. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { drawings } from './diagrams/drawings.mjs';

const FOLDER = join(dirname(import.meta.dirname), 'docs/images');

mkdirSync(FOLDER, { recursive: true });
for (const [name, svg] of drawings()) writeFileSync(join(FOLDER, name), svg);

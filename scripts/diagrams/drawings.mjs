/** All drawings of the documents. */

import { drawByte } from './byte.mjs';
import { drawIteration } from './iteration.mjs';
import { THEME_NAMES, document } from './svg.mjs';

const DRAWINGS = { iteration: drawIteration, byte: drawByte };

/** The files, as a map from name to text. */
export function drawings() {
  return new Map(
    Object.entries(DRAWINGS).flatMap(([name, draw]) =>
      THEME_NAMES.map((theme) => [`${name}-${theme}.svg`, document(draw(), theme)]),
    ),
  );
}

/** The player: one HTML file that shows a trace, without a request. */

import { readPackageFile } from '../loop/package-file.js';
import type { EventTrace } from './events.js';

/** Where the page expects the trace; scripts/build-page.mjs documents it. */
const PLACE = 'id="trace"></script>';

/**
 * Returns the page with a trace.
 *
 * @throws Error if the page is not there, because a bundler has put the program together without it
 */
export function htmlOf(trace: EventTrace): string {
  return htmlOfText(JSON.stringify(trace));
}

/** Does what {@link htmlOf} does with the JSON of a trace. */
export function htmlOfText(json: string): string {
  // Names and messages are the program's: as JSON, `\u003c` is the same character, and cannot end the element.
  const safe = json.replaceAll('<', '\\u003c');
  return pageTemplate().replace(PLACE, () => `id="trace">${safe}</script>`);
}

function pageTemplate(): string {
  try {
    return readPackageFile('dist/inspect/page.html');
  } catch (error) {
    throw new Error(`the page of the player is missing: ${(error as Error).message}`, { cause: error });
  }
}

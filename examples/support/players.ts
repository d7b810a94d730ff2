/** The players of the examples: pages that show what a loop did, stop by stop. */

import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where `npm run course` and `--play` write them. */
export const PLAYERS = fileURLToPath(new URL('../../.course/', import.meta.url));

/** The file of a program's player. */
export function playerOf(name: string): string {
  return `${PLAYERS}${name}.html`;
}

/** Records the loop of this process. Called before the library is loaded. */
export function recordTo(file: string): void {
  mkdirSync(dirname(file), { recursive: true });
  rmSync(file, { force: true });
  process.env['SELECTLOOP_TRACE'] = file;
}

/** Says at the end of the process where the player is. Called when the program has been loaded, so that the player is written by then. */
export function announcePlayer(file: string): void {
  process.on('exit', () => {
    const path = relative(process.cwd(), file);
    console.error(existsSync(file) ? `the player is in ${path}` : 'this program has no loop to play');
  });
}

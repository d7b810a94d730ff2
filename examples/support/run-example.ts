/**
 * `npm run example NAME -- ARGUMENTS`: runs one program in this process, as if Node had been started with it. With `--play` among the
 * arguments its loop is recorded, and the player is written to `.course/NAME.html`.
 */

import { UnknownProgram, programNamed } from './catalogue.js';
import { announcePlayer, playerOf, recordTo } from './players.js';
import { startProgram } from './start-program.js';

const [name, ...args] = process.argv.slice(2);

try {
  if (name === undefined) throw new UnknownProgram('expected the name of an example; npm run examples lists them');
  const player = args.includes('--play') ? playerOf(programNamed(name).name) : null;
  if (player !== null) recordTo(player);
  await startProgram(
    name,
    args.filter((arg) => arg !== '--play'),
  );
  if (player !== null) announcePlayer(player);
} catch (error) {
  if (!(error instanceof UnknownProgram)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}

/**
 * Opens a door for a loop on request: for the option `inspect`, and for SELECTLOOP_INSPECT.
 *
 * The inspector is above this layer, and most programs never need it. So it is not imported: `selectloop/inspect` registers itself here when
 * the program imports it, and otherwise its file is loaded when the first door is opened. `require` does that, because a blocking run cannot wait
 * for `import()`; it can load ES modules in every version of Node that the package supports.
 */

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { LoopError } from '../errors/index.js';
import { type NewLoop, onLoopCreated } from '../loop/created.js';
import { LoopCore } from '../loop/loop-core.js';

/** What `openInspector` returns. */
interface OpenDoor {
  readonly name: string;
}

type Open = (loop: LoopCore, options: { control?: boolean; thread?: boolean; stop?: boolean }) => OpenDoor;

/** Null until `selectloop/inspect` is loaded. */
let openInspector: Open | null = null;

/** `selectloop/inspect` is loaded. */
export function useInspector(open: Open): void {
  openInspector = open;
}

/** @throws LoopError ERR_INSPECTOR_UNAVAILABLE in a bundle that does not include `selectloop/inspect` */
function loadInspector(): Open {
  if (openInspector === null) {
    const here: string | undefined = import.meta.url; // not in a bundle of CommonJS
    const file = here === undefined ? '' : join(dirname(fileURLToPath(here)), '../inspect/index.js');
    if (existsSync(file)) createRequire(file)(file);
  }
  if (openInspector !== null) return openInspector;
  throw new LoopError(
    'ERR_INSPECTOR_UNAVAILABLE',
    "expected the package as it is installed, got a bundle of it: import 'selectloop/inspect' in the program",
  );
}

/** Opens a door for a loop of `run(main, { inspect: true })`, and prints to stderr how to use it. */
export function openDoor(loop: LoopCore): void {
  const { name } = loadInspector()(loop, {});
  process.stderr.write(`selectloop: to look into this loop: selectloop ps ${name}, pstree ${name}, sockets ${name}\n`);
}

const VARIABLE = 'SELECTLOOP_INSPECT';

/** The values of SELECTLOOP_INSPECT. */
const MODES: Readonly<Record<string, Parameters<Open>[1]>> = {
  '1': {},
  thread: { thread: true },
  control: { control: true, thread: true },
  stop: { control: true, thread: true, stop: true },
};

/** Opens a door for each loop of this thread that is created from now on, when it first runs, if SELECTLOOP_INSPECT asks for it. */
export function inspectAsEnvironmentSays(): void {
  const mode = process.env[VARIABLE] ?? '';
  if (mode === '' || mode === '0') return;
  onLoopCreated((loop: NewLoop) => {
    let opened = false;
    loop._startHooks.push(() => {
      if (opened) return;
      opened = true;
      if (loop instanceof LoopCore) attempt(() => void loadInspector()(loop, optionsOf(mode)));
    });
  });
}

function optionsOf(mode: string): Parameters<Open>[1] {
  const options = Object.hasOwn(MODES, mode) ? MODES[mode] : undefined;
  if (options !== undefined) return options;
  throw new RangeError(`${VARIABLE}: expected one of ${Object.keys(MODES).join(', ')}, got ${JSON.stringify(mode)}`);
}

let works = true;

/** Says in one line what went wrong. The program is not affected: it runs without doors from then on. */
function attempt(action: () => void): void {
  try {
    if (works) action();
  } catch (error) {
    works = false;
    process.env[VARIABLE] = ''; // workers and child processes would say the same
    process.stderr.write(`selectloop: no door is opened: ${(error as Error).message}\n`);
  }
}

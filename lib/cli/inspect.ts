/** `selectloop inspect`: shows a loop in a browser. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

import { type DoorFile, doorFiles, processExists } from '../inspect/directory.js';
import { UsageError, parseOptions, port } from './command-line.js';
import { findDoor, listDoors } from './doors.js';
import { ViewerServer } from './viewer/http.js';
import { livePage } from './viewer/page.js';

/** The lines of `--help`. */
export const inspectUsage = `selectloop inspect [OPTIONS] PID: the loop of a running process in a browser; PID: as for ps
selectloop inspect [OPTIONS] SCRIPT [--stop] [ARGUMENTS]: the same for a script that it starts
  The page can stop the loop of a script. Into a running process it only looks, unless that has SELECTLOOP_INSPECT=control.
  --control       lets the page stop any loop
  --port N        the port of the viewer, on 127.0.0.1 (any)
  --open          opens the page in the browser (xdg-open)
  --pause-limit S the loop stays stopped for S seconds at most, then it runs again (60); 0: until the page lets it run, or is closed
  --stop          the script's loop is stopped before its first iteration`;

/** How often the command looks for a door, and whether a process has ended. */
const POLL_MS = 50;

/** Serves the page until the program ends, or until Ctrl-C. */
export async function inspectCommand(args: readonly string[]): Promise<void> {
  const at = args.findIndex(
    (arg, i) => !arg.startsWith('-') && !['--port', '--pause-limit'].includes(args[i - 1] ?? ''),
  );
  const [ours, [target, ...rest]] = at < 0 ? [args, []] : [args.slice(0, at), args.slice(at)];
  const options = parseOptions(ours, {
    port: { type: 'string' },
    open: { type: 'boolean' },
    control: { type: 'boolean' },
    'pause-limit': { type: 'string' },
  });
  const page = livePage();
  if (target === undefined) {
    const doors = listDoors().map(({ door }) => door);
    const found = doors.length === 0 ? 'no process has a door' : `these have a door: ${doors.join(', ')}`;
    throw new UsageError(`expected a process ID or a script; ${found}`);
  }
  const fragment = `${options['control'] === true ? '&control' : ''}${pauseLimitOf(options['pause-limit'])}`;
  const wanted = { port: port(options, 'port', 0), open: options['open'] === true, fragment };
  if (/^\d+(-[\w-]+)?$/.test(target)) {
    if (rest.length > 0) throw new UsageError(`Unexpected argument '${rest[0]}'`);
    const door = findDoor(target);
    using _viewer = await serve(page, door, wanted);
    await ended(door.pid);
  } else {
    const stop = rest[0] === '--stop';
    await inspectScript(page, [target, ...(stop ? rest.slice(1) : rest)], wanted, stop);
  }
}

/** How the page is served. */
interface Wanted {
  readonly port: number;
  readonly open: boolean;
  /** Added to the fragment of the address, for the page. */
  readonly fragment: string;
}

function pauseLimitOf(value: string | boolean | undefined): string {
  if (value === undefined) return '';
  const seconds = /^\d{1,6}$/.test(String(value)) ? Number(value) : NaN;
  if (!Number.isNaN(seconds)) return `&pause-limit=${seconds}`;
  throw new UsageError(`--pause-limit: expected seconds, an integer from 0 to 999999, got ${JSON.stringify(value)}`);
}

async function serve(page: string, { path, name }: DoorFile, wanted: Wanted): Promise<ViewerServer> {
  const viewer = new ViewerServer({ page, door: path });
  const address = (await viewer.listen(wanted.port)) + wanted.fragment;
  process.stderr.write(`selectloop: ${name}: open ${address}\n`);
  if (wanted.open) openBrowser(address);
  return viewer;
}

/** Opens the page in the browser of the desktop, if there is one. (The address has also been printed.) */
function openBrowser(address: string): void {
  const opener = spawn('xdg-open', [address], { stdio: 'ignore', detached: true });
  opener.on('error', () => undefined); // there is no xdg-open
  opener.unref();
}

/** Waits until a process has ended, or for Ctrl-C. */
function ended(pid: number): Promise<void> {
  return new Promise((resolve) => {
    const clock = setInterval(() => {
      if (!processExists(pid)) end();
    }, POLL_MS);
    const end = (): void => {
      clearInterval(clock);
      resolve();
    };
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, end);
  });
}

/** Runs a script with a door. The exit code is that of the script. */
async function inspectScript(page: string, script: readonly string[], wanted: Wanted, stop: boolean): Promise<void> {
  const env = { ...process.env, SELECTLOOP_INSPECT: stop ? 'stop' : 'control' };
  const child = spawn(process.execPath, script, { stdio: 'inherit', env });
  const exit = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  let viewer: ViewerServer | null = null;
  const close = (): void => viewer?.[Symbol.dispose]();
  // Ctrl-C also reaches the script, which decides how to end. Without its viewer it runs, should it be paused.
  process.on('SIGINT', close);
  try {
    const door = await doorOf(child);
    if (door !== null) viewer = await serve(page, door, wanted);
    const [code, signal] = await exit;
    process.exitCode = code ?? 128 + constants.signals[signal ?? 'SIGKILL'];
  } finally {
    close();
  }
}

/** Waits for the first door of a process; null if it ends without one. */
async function doorOf(child: ChildProcess): Promise<DoorFile | null> {
  while (child.exitCode === null && child.signalCode === null) {
    const door = doorFiles().find(({ pid }) => pid === child.pid);
    if (door !== undefined) return door;
    await sleep(POLL_MS);
  }
  return null;
}

/** Processes that lack something, or that stand still for a while. */

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { environmentWith } from '../campaign/processes.mjs';
import { pauseAt } from './debugger.mjs';

const CORE = join(import.meta.dirname, 'run-core.mjs');
const PAUSED = join(import.meta.dirname, 'run-paused.mjs');
const LIMIT_MS = 120_000;
const STOPPED_MS = 3000;
const DEBUGGED_MS = 1500;

/** The errors of a process without a free descriptor. A thread needs several descriptors, and Node has a separate error for that. */
const NO_DESCRIPTORS = { any: ['EMFILE'], threads: ['EMFILE', 'ERR_WORKER_INIT_FAILED'] };
const READ_ONLY = { any: ['EROFS'] };

/** Runs a program. `onOutput` is called with all of stdout so far. Resolves with how it ended. */
async function end(command, args, { extraEnv = {}, onOutput = () => undefined } = {}) {
  const child = spawn(command, args, {
    env: environmentWith({ NODE: process.execPath, CORE, ...extraEnv }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
    onOutput(stdout, child, () => stderr);
  });
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
  const [code, signal] = await new Promise((resolve) => child.on('close', (...ending) => resolve(ending)));
  clearTimeout(timer);
  return { code, signal, stdout, stderr };
}

function failure({ code, signal, stdout, stderr }) {
  if (code === 0) return null;
  const ending = signal === 'SIGKILL' ? 'it hangs' : `ended with ${signal ?? `exit code ${code}`}`;
  return `${ending}\n${stdout.slice(-500)}\n${stderr.slice(-2000)}`;
}

/** Compares the outcomes of the scenarios: each must be 'ok', or among `allowed[scenario]` or `allowed.any`. */
function unexpected(report, allowed) {
  const wrong = Object.entries(JSON.parse(report)).flatMap(([scenario, outcomes]) => {
    const fine = new Set(['ok', ...(allowed[scenario] ?? []), ...(allowed.any ?? [])]);
    const others = outcomes.filter((outcome) => !fine.has(outcome));
    return others.length === 0 ? [] : [`${scenario}: ${others.join('; ')}`];
  });
  return wrong.length === 0 ? null : wrong.join('\n');
}

/** The scenarios in a process that a shell prepares; "$NODE" "$CORE" are the command. */
function inShell(script, allowed = {}) {
  return async () => {
    const ending = await end('/bin/sh', ['-c', script]);
    return failure(ending) ?? unexpected(ending.stdout, allowed);
  };
}

function withFlags(flags, allowed = {}) {
  return async () => {
    const ending = await end(process.execPath, ['--no-warnings', ...flags, CORE]);
    return failure(ending) ?? unexpected(ending.stdout, allowed);
  };
}

/** The scenarios with a limit on the number of descriptors. */
function withDescriptors(limit) {
  return inShell(`DESCRIPTORS=${limit} exec "$NODE" "$CORE"`, NO_DESCRIPTORS);
}

/** The scenarios in a mount namespace of their own; an ordinary user needs user namespaces for it. */
function inNamespace(mounts, allowed) {
  const script = `${mounts} && exec "$NODE" "$CORE"`;
  const user = process.getuid() === 0 ? '' : '--map-root-user';
  return inShell(`exec unshare --mount ${user} /bin/sh -c '${script}'`, allowed);
}

/** The file takes the place of stdout. */
function withoutStreams(redirections) {
  return async (folder) => {
    const result = join(folder, 'result');
    const ending = await end('/bin/sh', ['-c', `"$NODE" "$CORE" "$RESULT" ${redirections}`], {
      extraEnv: { RESULT: result },
    });
    return failure(ending) ?? unexpected(readFileSync(result, 'utf8'), {});
  };
}

const permissionFlag = process.allowedNodeEnvironmentFlags.has('--permission')
  ? '--permission'
  : '--experimental-permission';
const READ_WRITE = [
  permissionFlag,
  '--allow-fs-read=*',
  '--allow-fs-write=*',
  '--allow-child-process',
  '--allow-worker',
];

async function withoutAddons() {
  const ending = await end(process.execPath, ['--no-warnings', ...READ_WRITE, CORE]);
  if (ending.code !== 1) return failure(ending) ?? 'the addon was loaded';
  return /selectloop: no native addon|ERR_DLOPEN_DISABLED|ERR_ACCESS_DENIED/.test(ending.stderr)
    ? null
    : failure(ending);
}

/** Runs a program on each selector, hosted and blocking, several at the same time; returns the first problem. */
async function eachLoop(run) {
  const loops = ['hosted', 'blocking'].flatMap((mode) =>
    ['select', 'poll', 'epoll'].map((selector) => [mode, selector]),
  );
  const problems = await Promise.all(
    loops.map(async ([mode, selector]) => {
      const problem = await run(mode, selector);
      return problem === null ? null : `${mode}, ${selector}: ${problem}`;
    }),
  );
  return problems.find((problem) => problem !== null) ?? null;
}

/** Runs the program, and `pause` a little after it has printed `ready`. */
async function paused(args, pause) {
  let failed = null;
  const onOutput = (stdout, child, stderr) => {
    if (stdout === 'ready\n') setTimeout(() => pause(child, stderr()).catch((error) => (failed = error)), 100);
  };
  const ending = await end(process.execPath, args, { onOutput });
  return failed === null ? failure(ending) : `cannot be paused: ${failed.message}`;
}

async function stop(child) {
  child.kill('SIGSTOP');
  await new Promise((resolve) => setTimeout(resolve, STOPPED_MS));
  child.kill('SIGCONT');
}

async function debug(child, stderr) {
  await pauseAt(/ws:\S+/.exec(stderr)[0], DEBUGGED_MS);
}

const stopped = () => eachLoop((mode, selector) => paused([PAUSED, mode, selector], stop));
const debugged = () => eachLoop((mode, selector) => paused(['--inspect=127.0.0.1:0', PAUSED, mode, selector], debug));

/** `run` gets a folder for files, and returns what is wrong, or null. Those with `quick` are part of `--quick`. */
export const SURROUNDINGS = {
  'no-stdin': { run: withoutStreams('<&-'), expected: 'everything works' },
  'no-stdout': { run: withoutStreams('>&-'), expected: 'everything works' },
  'no-stderr': { run: withoutStreams('2>&-'), expected: 'everything works' },
  'no-streams': { quick: true, run: withoutStreams('<&- >&- 2>&-'), expected: 'everything works' },
  'descriptors-20': { run: withDescriptors(20), expected: 'works, or EMFILE' },
  'descriptors-30': { quick: true, run: withDescriptors(30), expected: 'works, or EMFILE' },
  'no-proc': { run: inNamespace('mount -t tmpfs none /proc', {}), expected: 'everything works' },
  'read-only': {
    run: inNamespace('mount --bind / / && mount -o remount,bind,ro /', READ_ONLY),
    expected: 'works, or EROFS',
  },
  permission: { run: withFlags([...READ_WRITE, '--allow-addons']), expected: 'everything works' },
  'permission-no-addons': { run: withoutAddons, expected: 'a clear error' },
  'frozen-intrinsics': { quick: true, run: withFlags(['--frozen-intrinsics']), expected: 'everything works' },
  'no-code-generation': {
    run: withFlags(['--disallow-code-generation-from-strings']),
    expected: 'everything works',
  },
  jitless: { quick: true, run: withFlags(['--jitless']), expected: 'everything works' },
  debugger: { run: debugged, expected: 'continues after the pause' },
  stopped: { quick: true, run: stopped, expected: 'continues after the pause' },
};

/** Runs one of them. Returns what is wrong, or null. */
export function runSurrounding(name, folder) {
  return SURROUNDINGS[name].run(folder);
}

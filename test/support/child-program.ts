/**
 * Programs as child processes, for what only a process can show: exit codes, what keeps it alive, what is left at the end.
 *
 * They import the built package by its name, as a user's program does, and run on the Node version that runs the test.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Far more than most programs need; one that hangs is killed, and fails its test by its signal. */
const KILL_AFTER_MS = 50_000;

/** How a program ended. */
export interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface ProgramOptions {
  /** Default: an ES module. */
  type?: 'module' | 'commonjs';
  env?: NodeJS.ProcessEnv;
  /** Passed to the program's stdin, which is then closed; without input its stdin stays open. */
  stdin?: string;
  /** A file that is its stdin, opened for reading, as with `program < file`. */
  stdinFile?: string;
  nodeFlags?: readonly string[];
  /** Default: the root of the repository. */
  cwd?: string;
  /** When it is killed. Default: 15 s. */
  timeoutMs?: number;
}

/** A running program. */
export class ChildProgram {
  readonly ended: Promise<Ending>;
  private stdout = '';
  private stderr = '';
  private readonly outputListeners = new Set<() => void>();

  constructor(
    readonly process: ChildProcess,
    timeoutMs: number,
  ) {
    const kill = setTimeout(() => process.kill('SIGKILL'), timeoutMs);
    process.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
      for (const listener of this.outputListeners) listener();
    });
    process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
      for (const listener of this.outputListeners) listener();
    });
    this.ended = once(process, 'close').then(([code, signal]) => {
      clearTimeout(kill);
      return { code: code as number | null, signal: signal as NodeJS.Signals | null, ...this.output() };
    });
  }

  /** Waits until it has printed a match; an Error with all its output if it ends before. */
  printed(pattern: RegExp): Promise<RegExpExecArray> {
    return this.matched(pattern, () => this.stdout);
  }

  /** The same on stderr. */
  complained(pattern: RegExp): Promise<RegExpExecArray> {
    return this.matched(pattern, () => this.stderr);
  }

  private async matched(pattern: RegExp, output: () => string): Promise<RegExpExecArray> {
    const search = new Promise<RegExpExecArray>((resolve) => {
      const look = (): void => {
        const match = pattern.exec(output());
        if (match === null) return;
        this.outputListeners.delete(look);
        resolve(match);
      };
      this.outputListeners.add(look);
      look();
    });
    const failure = this.ended.then((ending) => {
      throw new Error(`ended without printing ${String(pattern)}: ${JSON.stringify(ending)}`);
    });
    failure.catch(() => undefined);
    return await Promise.race([search, failure]);
  }

  private output(): { stdout: string; stderr: string } {
    return { stdout: this.stdout, stderr: this.stderr };
  }
}

function start(args: readonly string[], options: ProgramOptions): ChildProgram {
  const { NODE_OPTIONS: _, ...inherited } = process.env; // vitest's options are not for the program
  const file = options.stdinFile === undefined ? null : openSync(options.stdinFile, 'r');
  const child = spawn(process.execPath, [...(options.nodeFlags ?? []), ...args], {
    cwd: options.cwd ?? ROOT,
    env: { ...inherited, NO_COLOR: '1', ...options.env },
    stdio: [file ?? 'pipe', 'pipe', 'pipe'],
  });
  if (file !== null) closeSync(file);
  if (options.stdin !== undefined) child.stdin?.end(options.stdin);
  return new ChildProgram(child, options.timeoutMs ?? KILL_AFTER_MS);
}

/** Starts a program given as its source. `import 'selectloop'` is the build in `dist/`; other paths are relative to the root. */
export function startProgram(source: string, options: ProgramOptions = {}): ChildProgram {
  return start([`--input-type=${options.type ?? 'module'}`, '--eval', source], options);
}

/** Runs a program given as its source, and returns how it ended. */
export function runProgram(source: string, options: ProgramOptions = {}): Promise<Ending> {
  return startProgram(source, options).ended;
}

/** Starts a file, a path from the root. */
export function startFile(path: string, args: readonly string[] = [], options: ProgramOptions = {}): ChildProgram {
  return start([path, ...args], options);
}

/** Waits until the process is idle: its loop then waits in select. A process that only waits for a CPU is not idle. */
export async function asleep(pid: number): Promise<void> {
  for (let inARow = 0; inARow < 5;) {
    await sleep(10);
    const [state] = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '');
    inARow = state === 'S' ? inARow + 1 : 0;
  }
}

/** The servers under test, as child processes, and the clients that run against them. */

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

import { type ChildProgram, startFile } from '../support/child-program.js';
import { startExample } from '../systems/programs.js';

/** Longer than any client takes. */
const TIMEOUT_MS = 170_000;

/** A running server. Leaving its scope stops it with Ctrl-C; an Error unless it ends with code 0 and an empty stderr. */
export class ServerProcess implements AsyncDisposable {
  private constructor(
    private readonly program: ChildProgram,
    /** Its port; 0 for a UNIX socket. */
    readonly port: number,
  ) {}

  /** Starts a program of `examples/`. */
  static async example(name: string, args: readonly string[] = [], selector?: string): Promise<ServerProcess> {
    const env = selector === undefined ? {} : { SELECTLOOP_SELECTOR: selector };
    return await ServerProcess.of(startExample(`servers/${name}`, args, { env, timeoutMs: TIMEOUT_MS }));
  }

  /** Starts `selectloop echo`. */
  static async echo(...args: string[]): Promise<ServerProcess> {
    return await ServerProcess.of(
      startFile('dist/cli/main.js', ['echo', '--port', '0', ...args], { timeoutMs: TIMEOUT_MS }),
    );
  }

  /** Starts a file, given by its path from the root. */
  static async file(path: string, args: readonly string[]): Promise<ServerProcess> {
    return await ServerProcess.of(startFile(path, args, { timeoutMs: TIMEOUT_MS }));
  }

  private static async of(program: ChildProgram): Promise<ServerProcess> {
    const [, port] = await program.printed(/ on \S*?(?::(\d+))?\n/);
    return new ServerProcess(program, Number(port ?? 0));
  }

  /** Its memory in bytes: now, and its peak. */
  memory(): { rss: number; peak: number } {
    const status = readFileSync(`/proc/${this.program.process.pid}/status`, 'utf8');
    const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)![1]) * 1024;
    return { rss: field('VmRSS'), peak: field('VmHWM') };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.program.process.kill('SIGINT');
    const { code, stderr } = await this.program.ended;
    if (code !== 0 || stderr !== '') throw new Error(`the server ended with ${code}, and said: ${stderr}`);
  }
}

/** Runs a line of shell, which fails if any part of its pipes does. Returns its output. */
export async function sh(line: string): Promise<string> {
  const options = { maxBuffer: 1 << 26, timeout: TIMEOUT_MS };
  const { stdout } = await promisify(execFile)('bash', ['-o', 'pipefail', '-c', line], options);
  return stdout;
}

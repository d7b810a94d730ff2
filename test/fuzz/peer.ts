/**
 * A child process that answers one request after the other.
 *
 * What crashes or hangs there is the outcome of one request, and the next request starts another process.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

export interface PeerSettings {
  readonly command: string;
  readonly args: () => readonly string[];
  /** `ipc`: a Node process, which answers with `process.send`; `lines`: one that reads and prints lines of JSON. */
  readonly speaks: 'ipc' | 'lines';
  /** The file that gets its standard error. */
  readonly errorsTo: () => string;
  /** How long an answer may take, in milliseconds, unless the request says so. */
  readonly stallMs: number;
}

/** The process has ended instead of answering, or has not answered in time. */
export class PeerLost extends Error {
  override readonly name = 'PeerLost';
}

const LAST_WORDS_LENGTH = 3000;

/** The process, which is started by the first request. */
export class Peer {
  private child: ChildProcess | null = null;
  private ended: Promise<string> | null = null;
  private onAnswer: (answer: unknown) => void = () => undefined;

  constructor(private readonly settings: PeerSettings) {}

  /** Sends a request and returns its answer. @param stallMs how long it may take. @throws PeerLost */
  async ask(request: unknown, stallMs = this.settings.stallMs): Promise<unknown> {
    const child = this.child ?? this.start();
    let timer: NodeJS.Timeout | undefined;
    const answer = new Promise<unknown>((resolve) => (this.onAnswer = resolve));
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new PeerLost(`hangs: no answer for ${stallMs} ms`)), stallMs);
    });
    const lost = this.ended!.then((how) => {
      throw new PeerLost(how);
    });
    lost.catch(() => undefined);
    try {
      if (this.settings.speaks === 'ipc') child.send(request as object);
      else child.stdin!.write(`${JSON.stringify(request)}\n`);
      return await Promise.race([answer, late, lost]);
    } catch (error) {
      child.kill('SIGKILL');
      if (this.child === child) this.child = null;
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends the process and waits until it has ended. */
  async close(): Promise<void> {
    const { child, ended } = this;
    if (child === null) return;
    this.child = null;
    child.kill('SIGKILL');
    await ended;
  }

  private start(): ChildProcess {
    const { command, args, speaks, errorsTo } = this.settings;
    const ipc = speaks === 'ipc';
    // A program may use the standard streams of a Node child. None of them is a pipe, where a read would wait.
    const errors = errorsTo();
    const stderr = openSync(errors, 'w');
    const child = spawn(command, args(), {
      stdio: ipc ? ['ignore', 'ignore', stderr, 'ipc'] : ['pipe', 'pipe', stderr],
    });
    closeSync(stderr);
    this.child = child;
    const answered = (answer: unknown): void => this.onAnswer(answer);
    if (ipc) child.on('message', answered);
    else createInterface({ input: child.stdout! }).on('line', (line) => answered(JSON.parse(line)));
    child.stdin?.on('error', () => undefined); // it has ended, which is reported below
    this.ended = new Promise((resolve) => {
      const end = (how: string): void => {
        if (this.child === child) this.child = null;
        resolve(`${how}\n${readFileSync(errors, 'utf8').slice(-LAST_WORDS_LENGTH)}`.trim());
      };
      child.on('error', (error) => end(`cannot run ${command}: ${error.message}`));
      child.on('close', (code, signal) => end(`the process ended with ${signal ?? `exit code ${code}`}`));
    });
    return child;
  }
}

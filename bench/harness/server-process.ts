/** The process of a server that is measured. */

import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { Output, startPinned } from './children.js';

const START_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 2000;

/** A server that was started, and listens until it is stopped or exits by itself. */
export class ServerProcess {
  private constructor(
    private readonly child: ChildProcess,
    private readonly output: Output,
    readonly port: number,
  ) {}

  /** Starts a server pinned to `core`. Resolves when it listens; rejects if it exits first, or is not ready in time. */
  static async start(core: number, command: readonly string[]): Promise<ServerProcess> {
    const child = startPinned(core, command);
    const output = new Output(child);
    try {
      return new ServerProcess(child, output, await portOf(child, output));
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  /**
   * The same for a command that listens on the port in the environment variable PORT. It listens once it accepts a connection on
   * 127.0.0.1; what it prints does not matter.
   */
  static async startOnPort(core: number, command: readonly string[]): Promise<ServerProcess> {
    const port = await freePort();
    const child = startPinned(core, command, { PORT: String(port) });
    const output = new Output(child);
    try {
      await untilListening(child, output, port);
      return new ServerProcess(child, output, port);
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** The output of the server, without the line with its port. */
  get printed(): string {
    return this.output.stdout.replace(PORT_LINE, '');
  }

  /** Stops the server with SIGTERM, and with SIGKILL if it takes too long to exit. Resolves when it has exited. */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.child.once('close', resolve));
    const killing = setTimeout(() => this.child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    this.child.kill('SIGTERM');
    await ended;
    clearTimeout(killing);
  }

  /** How the server exited, and the last line of its stderr; null while it runs. */
  get failure(): string | null {
    const { exitCode, signalCode } = this.child;
    if (exitCode === null && signalCode === null) return null;
    return `the server exited with ${signalCode ?? exitCode}: ${this.output.lastError}`;
  }
}

const PORT_LINE = /^\{"port": ?(\d+)\}\n/m;

function portOf(child: ChildProcess, output: Output): Promise<number> {
  return new Promise((resolve, reject) => {
    const timeout = setTimeout(() => {
      reject(new Error(`the server did not listen within ${START_TIMEOUT_MS / 1000} s`));
    }, START_TIMEOUT_MS);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timeout);
      reject(new Error(`the server exited with ${signal ?? code} before it listened: ${output.lastError}`));
    });
    child.stdout!.on('data', () => {
      const port = PORT_LINE.exec(output.stdout)?.[1];
      if (port === undefined) return;
      clearTimeout(timeout);
      resolve(Number(port));
    });
  });
}

/** Returns a port that no socket uses now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const RETRY_MS = 20;

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function untilListening(child: ChildProcess, output: Output, port: number): Promise<void> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (!(await accepts(port))) {
    const { exitCode, signalCode } = child;
    if (exitCode !== null || signalCode !== null)
      throw new Error(`the server exited with ${signalCode ?? exitCode} before it listened: ${output.lastError}`);
    if (performance.now() > deadline)
      throw new Error(`the server did not listen on 127.0.0.1:$PORT within ${START_TIMEOUT_MS / 1000} s`);
    await sleep(RETRY_MS);
  }
}

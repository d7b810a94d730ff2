/** The processes that a run starts: none outlives it, however it ends. */

import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';

const running = new Set<ChildProcess>();

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/**
 * Whoever makes a buffer for each receive has glibc take it from the kernel and give it back every time, by default; and pages that are
 * new to a process can cost more than the message, on a virtual machine in particular. So all are told to keep their memory.
 */
const KEEP_MEMORY = { MALLOC_MMAP_THRESHOLD_: '33554432', MALLOC_TRIM_THRESHOLD_: '268435456' };

/** Starts a process on one core, with as many descriptors as it may have. Its process id is that of the command. */
export function startPinned(core: number, command: readonly string[], options: SpawnOptions = {}): ChildProcess {
  // exec, twice: the shell and taskset become the command.
  const script = 'ulimit -n "$(ulimit -Hn)"; exec taskset -c "$0" "$@"';
  const child = spawn('sh', ['-c', script, String(core), ...command], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...KEEP_MEMORY },
    ...options,
  });
  running.add(child);
  child.on('exit', () => running.delete(child));
  return child;
}

/** What a process prints; kept up to date. */
export class Output {
  stdout = '';
  stderr = '';

  constructor(child: ChildProcess) {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
  }

  /** The last line of stderr, where programs say why they end. */
  get lastError(): string {
    return this.stderr.trimEnd().split('\n').at(-1) ?? '';
  }
}

/** Runs a command on one core to its end; its stdout. Rejects with its last line of stderr if it fails. */
export async function runPinned(core: number, command: readonly string[]): Promise<string> {
  const child = startPinned(core, command);
  const output = new Output(child);
  const [code, signal] = await closing(child);
  if (code === 0) return output.stdout;
  throw new Error(output.lastError || `${command[0]!} ended with ${signal ?? code}`);
}

function closing(child: ChildProcess): Promise<[code: number | null, signal: string | null]> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve([code, signal]));
  });
}

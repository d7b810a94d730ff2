/** Starts the processes of a run, and kills those that are left when it exits. */

import { type ChildProcess, spawn } from 'node:child_process';

const running = new Set<ChildProcess>();

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/**
 * Makes glibc keep freed memory. By default it returns large buffers to the kernel and requests them again. For programs that allocate
 * a buffer for each receive, the page faults could then cost more than the message, in particular on a virtual machine.
 */
const KEEP_MEMORY = { MALLOC_MMAP_THRESHOLD_: '33554432', MALLOC_TRIM_THRESHOLD_: '268435456' };

/**
 * Starts a process on one core, with the maximum number of descriptors. The process ID is that of the command itself.
 *
 * @param variables added to the environment
 */
export function startPinned(
  core: number,
  command: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): ChildProcess {
  // Two execs: the shell and taskset are replaced by the command, so that signals reach it.
  const script = 'ulimit -n "$(ulimit -Hn)"; exec taskset -c "$0" "$@"';
  const child = spawn('sh', ['-c', script, String(core), ...command], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...KEEP_MEMORY, ...variables },
  });
  running.add(child);
  child.on('exit', () => running.delete(child));
  return child;
}

/** Collects the output of a process. */
export class Output {
  stdout = '';
  stderr = '';

  constructor(child: ChildProcess) {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
  }

  /** The last line of stderr, where programs report why they exit. */
  get lastError(): string {
    return this.stderr.trimEnd().split('\n').at(-1) ?? '';
  }
}

/** Runs a command on one core to its end. Resolves with its stdout; rejects with its last line of stderr if it fails. */
export async function runPinned(core: number, command: readonly string[]): Promise<string> {
  const child = startPinned(core, command);
  const output = new Output(child);
  const [code, signal] = await closing(child);
  if (code === 0) return output.stdout;
  throw new Error(output.lastError || `${command[0]!} exited with ${signal ?? code}`);
}

function closing(child: ChildProcess): Promise<[code: number | null, signal: string | null]> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve([code, signal]));
  });
}

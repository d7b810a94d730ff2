/** Starts child processes. */

import { ownOptions, checkNames, optionNames } from '../errors/index.js';
import { CallSite } from '../loop/program-stack.js';
import { coroutineOfCall } from '../tasks/call-coroutine.js';
import type { Coroutine, Steps } from '../tasks/index.js';
import { currentLoop } from '../tasks/current-loop.js';
import { StreamReader, type StreamReaderOptions } from '../streams/index.js';
import { readerPipe, writerPipe } from './child-pipes.js';
import { ChildStdio, type StdioOptions, checkStdio } from './child-stdio.js';
import { Child } from './child.js';
import { type Command, type CommandOptions, commandOf } from './command.js';
import { type ChildGroup, type GroupOptions, groupOf } from './process-group.js';
import { Process } from './process.js';

/** Options of a child process. */
export interface SubprocessOptions extends CommandOptions, StdioOptions, GroupOptions {
  /** The limit of the readers of its output, in bytes; see StreamReaderOptions. */
  limit?: number;
}

const OPTIONS = optionNames<SubprocessOptions>({
  stdin: true,
  stdout: true,
  stderr: true,
  extraFds: true,
  cwd: true,
  env: true,
  shell: true,
  detached: true,
  processGroup: true,
  parentDeathSignal: true,
  limit: true,
});

// eslint-disable-next-line require-yield -- it never waits, but needs the loop of the task that awaits it
function* startSteps(
  command: Command,
  options: StdioOptions,
  group: ChildGroup,
  limit: StreamReaderOptions,
): Steps<Process> {
  const loop = currentLoop();
  using stdio = new ChildStdio(options);
  const child = new Child(loop, command, stdio.ofChild, group);
  return new Process(child, {
    stdin: writerPipe(loop, stdio.take('stdin')),
    stdout: readerPipe(loop, stdio.take('stdout'), limit),
    stderr: readerPipe(loop, stdio.take('stderr'), limit),
  });
}

/**
 * Starts a program: `createSubprocess('grep', ['-c', word], { stdin: 'pipe', stdout: 'pipe' })`. Works in both modes, alongside Node's
 * `child_process`.
 *
 * The child starts with its three standard descriptors and those of `extraFds`, and no others, with default signal handling and no blocked signals, and in the
 * process group of this process unless `detached` or `processGroup` is given.
 *
 * @param command a path, or a name that is searched for in PATH; with `shell`, a command line
 * @param args passed unchanged, without expansion or splitting
 * @throws TypeError or RangeError for misuse, immediately. When awaited, OSError: ENOENT or EACCES with the path of the program (syscall
 *   'spawn') or of `cwd` ('chdir'), EPERM for a `processGroup` that does not exist in this session ('setpgid'), EMFILE, EAGAIN if no
 *   more processes can be started
 *
 * @example
 * import { createSubprocess, run } from 'selectloop';
 *
 * await run(async () => {
 *   const child = await createSubprocess('sort', [], { stdin: 'pipe', stdout: 'pipe' });
 *   const { stdout } = await child.communicate(Buffer.from('pear\napple\n'));
 *   console.log(String(stdout).trim().replace('\n', ' ')); // apple pear
 * });
 */
export function createSubprocess(
  command: string,
  args: readonly string[] = [],
  given: SubprocessOptions = {},
): Coroutine<Process> {
  checkNames('createSubprocess: options', given, OPTIONS);
  const options = ownOptions('createSubprocess: options', given); // Object.prototype must not choose the program, its shell or environment
  const limit = options.limit === undefined ? {} : { limit: options.limit };
  new StreamReader(limit); // throws for a bad limit before the child is started
  const steps = startSteps(commandOf(command, args, options), checkStdio(options), groupOf(options), limit);
  return coroutineOfCall(new CallSite(createSubprocess, 'createSubprocess'), steps);
}

/** Starting child processes. */

import { Coroutine, type Steps } from '../tasks/index.js';
import { currentLoop } from '../tasks/current-loop.js';
import { StreamReader, type StreamReaderOptions } from '../streams/index.js';
import { readerPipe, writerPipe } from './child-pipes.js';
import { ChildStdio, type StdioOptions, checkStdio } from './child-stdio.js';
import { Child } from './child.js';
import { type Command, type CommandOptions, commandOf } from './command.js';
import { type ChildGroup, type GroupOptions, groupOf } from './process-group.js';
import { Process } from './process.js';

/** How a child process is started. */
export interface SubprocessOptions extends CommandOptions, StdioOptions, GroupOptions {
  /** The limit of the readers of its output, see StreamReaderOptions. */
  limit?: number;
}

// eslint-disable-next-line require-yield -- nothing in it waits, but it needs the loop of whoever awaits it
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
 * Starts a program: `createSubprocess('grep', ['-c', word], { stdin: 'pipe', stdout: 'pipe' })`. Works in both modes, beside
 * Node's own `child_process`. The child starts with its three standard descriptors and no other, with the default for every
 * signal and none blocked, and in our process group unless `detached` or `processGroup` say otherwise.
 *
 * @param command a path, or a name that is looked for along PATH; with `shell`, a command line
 * @param args passed as they are; nothing expands or splits them
 * @throws TypeError, RangeError for misuse, at once. When awaited, OSError: ENOENT or EACCES with the path of the program (syscall
 *   'spawn') or of `cwd` ('chdir'), EPERM for a `processGroup` that does not exist in our session ('setpgid'), EMFILE, EAGAIN when there can be no
 *   more processes
 */
export function createSubprocess(
  command: string,
  args: readonly string[] = [],
  options: SubprocessOptions = {},
): Coroutine<Process> {
  const limit = options.limit === undefined ? {} : { limit: options.limit };
  new StreamReader(limit); // a bad limit shows here and not when the child runs already
  const steps = startSteps(commandOf(command, args, options), checkStdio(options), groupOf(options), limit);
  return new Coroutine(steps, 'createSubprocess');
}

/** Starting child processes. */

import type { LoopCore } from '../loop/loop-core.js';
import { Coroutine, type Steps } from '../tasks/index.js';
import { currentLoop } from '../tasks/current-loop.js';
import { StreamReader, type StreamReaderOptions, StreamReaderProtocol, StreamWriter } from '../streams/index.js';
import { Pipe } from '../transports/pipe-channel.js';
import { ReadPipeTransport } from '../transports/read-pipe-transport.js';
import { WritablePipe, WritePipeTransport } from '../transports/write-pipe-transport.js';
import { ChildStdio, type StdioOptions, checkStdio } from './child-stdio.js';
import { Child } from './child.js';
import { type Command, type CommandOptions, commandOf } from './command.js';
import { Process } from './process.js';

/** How a child process is started. */
export interface SubprocessOptions extends CommandOptions, StdioOptions {
  /** The limit of the readers of its output, see StreamReaderOptions. */
  limit?: number;
}

function readerOf(loop: LoopCore, fd: number | null, limit: StreamReaderOptions): StreamReader | null {
  if (fd === null) return null;
  const reader = new StreamReader(limit);
  new ReadPipeTransport(loop, new Pipe(fd), new StreamReaderProtocol(reader));
  return reader;
}

function writerOf(loop: LoopCore, fd: number | null): StreamWriter | null {
  if (fd === null) return null;
  const protocol = new StreamReaderProtocol(null);
  return new StreamWriter(new WritePipeTransport(loop, new WritablePipe(fd), protocol, true), protocol, null);
}

// eslint-disable-next-line require-yield -- nothing in it waits, but it needs the loop of whoever awaits it
function* startSteps(command: Command, options: StdioOptions, limit: StreamReaderOptions): Steps<Process> {
  const loop = currentLoop();
  using stdio = new ChildStdio(options);
  const child = new Child(loop, command, stdio.ofChild);
  return new Process(child, {
    stdin: writerOf(loop, stdio.take('stdin')),
    stdout: readerOf(loop, stdio.take('stdout'), limit),
    stderr: readerOf(loop, stdio.take('stderr'), limit),
  });
}

/**
 * Starts a program: `createSubprocess('grep', ['-c', word], { stdin: 'pipe', stdout: 'pipe' })`. Works in both modes, beside
 * Node's own `child_process`. The child starts with its three standard descriptors and no other, with the default for every
 * signal and none blocked.
 *
 * @param command a path, or a name that is looked for along PATH; with `shell`, a command line
 * @param args passed as they are; nothing expands or splits them
 * @throws TypeError, RangeError for misuse, at once. When awaited, OSError: ENOENT or EACCES with the path of the program (syscall
 *   'spawn') or of `cwd` ('chdir'), EMFILE, EAGAIN when there can be no more processes
 */
export function createSubprocess(
  command: string,
  args: readonly string[] = [],
  options: SubprocessOptions = {},
): Coroutine<Process> {
  const limit = options.limit === undefined ? {} : { limit: options.limit };
  new StreamReader(limit); // a bad limit shows here and not when the child runs already
  return new Coroutine(startSteps(commandOf(command, args, options), checkStdio(options), limit), 'createSubprocess');
}

/** Connects protocols to pipes. */

import { checked } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import { native } from '../native/binding.js';
import { fstatSync } from '../platform/files.js';
import { checkInt } from '../sockets/arguments.js';
import { Coroutine, type Steps } from '../tasks/index.js';
import { currentLoop } from '../tasks/current-loop.js';
import type { StreamProtocol } from '../transports/contract.js';
import { Pipe } from '../transports/pipe-channel.js';
import { ReadPipeTransport } from '../transports/read-pipe-transport.js';
import type { StartOptions } from '../transports/connection.js';
import type { DescriptorEnd } from '../transports/descriptor-end.js';
import type { StreamTransport } from '../transports/stream-transport.js';
import { WritablePipe, WritePipeTransport } from '../transports/write-pipe-transport.js';
import { checkFactory } from '../transports/arguments.js';
import { type Connection, type ProtocolFactory, startTransport } from '../transports/start-transport.js';

/** Returns true for a pipe, false for a socket or terminal. TypeError for a file that is not a stream. */
function checkPipe(method: string, fd: number, advice: string): boolean {
  checkInt(`${method}: fd`, fd);
  checked(native.probe(fd), method);
  const stat = fstatSync(fd);
  if (stat.isFIFO()) return true;
  if (stat.isSocket() || stat.isCharacterDevice()) return false;
  const kind = stat.isFile() ? `descriptor ${fd}, a regular file: ${advice}` : `descriptor ${fd}`;
  const error = new TypeError(`${method}: fd: expected the descriptor of a pipe, a socket or a terminal, got ${kind}`);
  throw Object.assign(error, { code: 'ERR_INVALID_ARG_TYPE' });
}

const READ_ADVICE = 'read it with node:fs, such as fs.createReadStream or fs.readFileSync';
const WRITE_ADVICE = 'write to it with node:fs, such as fs.createWriteStream or fs.writeSync';

function* pipeSteps<P extends StreamProtocol, E extends Pipe>(
  makeEnd: () => E,
  factory: ProtocolFactory<P>,
  make: (loop: LoopCore, end: E, protocol: P, options: StartOptions) => StreamTransport<DescriptorEnd<E>>,
): Steps<Connection<P>> {
  const loop = currentLoop();
  const end = makeEnd();
  return yield* startTransport(end, factory, (protocol, options) => make(loop, end, protocol, options));
}

/**
 * Receives from the reading end of a pipe, or from a terminal or socket. Returns the transport and the protocol that `factory` made,
 * once `connectionMade` has been called. The transport owns the descriptor and closes it at EOF; it cannot write.
 *
 * The descriptor becomes non-blocking in every process that shares it. If this fails or is cancelled, the descriptor is closed.
 *
 * Standard input may be any kind of file. `/dev/null` is at EOF immediately. A regular file (`program < file`) is refused, because it
 * is always ready and its reads block; read it with `node:fs`.
 *
 * @throws TypeError for a regular file, a directory or a block device, and for other misuse; RangeError; OSError EBADF. All are thrown
 *   immediately, and the descriptor is then left unchanged
 */
export function connectReadPipe<P extends StreamProtocol>(
  factory: ProtocolFactory<P>,
  fd: number,
): Coroutine<Connection<P>> {
  checkFactory('connectReadPipe', factory);
  checkPipe('connectReadPipe', fd, READ_ADVICE);
  const steps = pipeSteps(
    () => new Pipe(fd),
    factory,
    (loop, end, protocol, options) => new ReadPipeTransport(loop, end, protocol, options),
  );
  return new Coroutine(steps, 'connectReadPipe');
}

/**
 * Sends to the writing end of a pipe, or to a terminal or socket; otherwise like {@link connectReadPipe}. The connection is lost when
 * the last reading end of the pipe is closed, with an OSError EPIPE if bytes were still unsent.
 */
export function connectWritePipe<P extends StreamProtocol>(
  factory: ProtocolFactory<P>,
  fd: number,
): Coroutine<Connection<P>> {
  checkFactory('connectWritePipe', factory);
  const isPipe = checkPipe('connectWritePipe', fd, WRITE_ADVICE);
  const steps = pipeSteps(
    () => new WritablePipe(fd),
    factory,
    (loop, end, protocol, options) => new WritePipeTransport(loop, end, protocol, isPipe, options),
  );
  return new Coroutine(steps, 'connectWritePipe');
}

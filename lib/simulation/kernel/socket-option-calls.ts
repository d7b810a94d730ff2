/** getsockopt(2) and setsockopt(2). */

import { EINVAL, ENOPROTOOPT } from './errno.js';
import { SO_REUSEADDR } from './inet/inet-options.js';
import { TcpSocket } from './inet/tcp-socket.js';
import { AF_UNIX } from './numbers.js';
import type { Socket } from './socket.js';

const SOL_SOCKET = 1;
const SOL_IP = 0;

const SO_TYPE = 3;
const SO_ERROR = 4;
const SO_DONTROUTE = 5;
const SO_BROADCAST = 6;
const SO_SNDBUF = 7;
const SO_RCVBUF = 8;
const SO_KEEPALIVE = 9;
const SO_OOBINLINE = 10;
const SO_PRIORITY = 12;
const SO_LINGER = 13;
const SO_REUSEPORT = 15;
const SO_RCVLOWAT = 18;
const SO_SNDLOWAT = 19;
const SO_RCVTIMEO = 20;
const SO_SNDTIMEO = 21;
const SO_ACCEPTCONN = 30;
const SO_PROTOCOL = 38;
const SO_DOMAIN = 39;

/** Options that are only remembered, as 0 or 1. */
const FLAGS: ReadonlySet<number> = new Set([
  SO_REUSEADDR,
  SO_DONTROUTE,
  SO_BROADCAST,
  SO_KEEPALIVE,
  SO_OOBINLINE,
  SO_REUSEPORT,
]);
const INT = 4;
const INT_MAX = 0x7fff_ffff;
const NANOSECONDS = 1_000_000_000;
const MICROSECOND = 1000;

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Writes an option to `value`, as much of it as fits. Returns the number of bytes written, or -errno. */
export function getOption(socket: Socket, level: number, option: number, value: Uint8Array): number {
  if (level !== SOL_SOCKET) {
    const number = socket.protocolOption(level, option, null);
    return number < 0 ? number : writeProtocolOption(level, number, value);
  }
  const { options } = socket;
  switch (option) {
    case SO_LINGER:
      return writeInts(value, [options.lingers ? 1 : 0, options.lingerSeconds]);
    case SO_RCVTIMEO:
      return writeTime(value, options.receiveTimeoutNs);
    case SO_SNDTIMEO:
      return writeTime(value, options.sendTimeoutNs);
    default: {
      const number = socketOption(socket, option);
      return number === null ? -ENOPROTOOPT : writeInts(value, [number]);
    }
  }
}

function socketOption(socket: Socket, option: number): number | null {
  const { options } = socket;
  switch (option) {
    case SO_TYPE:
      return socket.type;
    case SO_ERROR:
      return -socket.takeError();
    case SO_SNDBUF:
      return options.sendBuffer;
    case SO_RCVBUF:
      return options.receiveBuffer;
    case SO_RCVLOWAT:
      return options.lowWater;
    case SO_SNDLOWAT:
      return 1;
    case SO_ACCEPTCONN:
      return socket.isListening ? 1 : 0;
    case SO_PROTOCOL:
      return socket.protocol;
    case SO_DOMAIN:
      return socket.family;
    default:
      return FLAGS.has(option) || option === SO_PRIORITY ? options.number(option) : null;
  }
}

/** Sets an option. Returns 0 or -errno. */
export function setOption(socket: Socket, level: number, option: number, value: Uint8Array): number {
  if (level !== SOL_SOCKET) return setProtocolOption(socket, level, option, value);
  if (value.length < INT) return -EINVAL;
  const number = viewOf(value).getInt32(0, true);
  const { options } = socket;
  switch (option) {
    case SO_LINGER:
      return setLinger(socket, value);
    case SO_RCVTIMEO:
    case SO_SNDTIMEO:
      return setTimeout(socket, option, value);
    case SO_SNDBUF:
      options.setSendBuffer(number);
      socket.changed(); // there may be room now
      return 0;
    case SO_RCVBUF:
      options.setReceiveBuffer(number);
      return 0;
    case SO_RCVLOWAT:
      options.lowWater = lowWater(socket, number);
      socket.changed(); // fewer bytes may be enough now
      return 0;
    default:
      return setRemembered(socket, option, number);
  }
}

function setRemembered(socket: Socket, option: number, number: number): number {
  if (option === SO_REUSEPORT && socket.family === AF_UNIX && number !== 0) return -ENOPROTOOPT;
  if (option === SO_PRIORITY) socket.options.numbers.set(option, number);
  else if (FLAGS.has(option)) socket.options.numbers.set(option, number === 0 ? 0 : 1);
  else return -ENOPROTOOPT;
  return 0;
}

/** A negative number means the largest. TCP never waits for more than half of its receive buffer. */
function lowWater(socket: Socket, wanted: number): number {
  const bytes = wanted < 0 ? INT_MAX : wanted;
  return Math.max(1, socket instanceof TcpSocket ? Math.min(bytes, socket.mostToWaitFor) : bytes);
}

function setLinger(socket: Socket, value: Uint8Array): number {
  if (value.length < 2 * INT) return -EINVAL;
  const { options } = socket;
  options.lingers = viewOf(value).getInt32(0, true) !== 0;
  if (options.lingers) options.lingerSeconds = viewOf(value).getInt32(INT, true);
  return 0;
}

function setTimeout(socket: Socket, option: number, value: Uint8Array): number {
  if (value.length < 16) return -EINVAL;
  const view = viewOf(value);
  const time = Number(view.getBigInt64(0, true)) * NANOSECONDS + Number(view.getBigInt64(8, true)) * MICROSECOND;
  const timeout = time <= 0 ? null : time;
  if (option === SO_RCVTIMEO) socket.options.receiveTimeoutNs = timeout;
  else socket.options.sendTimeoutNs = timeout;
  return 0;
}

function setProtocolOption(socket: Socket, level: number, option: number, value: Uint8Array): number {
  if (value.length >= INT) return socket.protocolOption(level, option, viewOf(value).getInt32(0, true));
  // IPv4 also takes a single byte.
  if (level === SOL_IP && socket.family !== AF_UNIX) return socket.protocolOption(level, option, value[0] ?? 0);
  const unknown = socket.protocolOption(level, option, null);
  return unknown < 0 ? unknown : -EINVAL;
}

/** IPv4 writes a small number as a single byte, if there is no room for more. */
function writeProtocolOption(level: number, number: number, value: Uint8Array): number {
  const isByte = level === SOL_IP && number >= 0 && number <= 255 && value.length > 0 && value.length < INT;
  if (!isByte) return writeInts(value, [number]);
  value[0] = number;
  return 1;
}

function writeInts(value: Uint8Array, numbers: readonly number[]): number {
  return writeBytes(value, new Uint8Array(Int32Array.from(numbers).buffer));
}

function writeTime(value: Uint8Array, timeNs: number | null): number {
  const seconds = Math.floor((timeNs ?? 0) / NANOSECONDS);
  const microseconds = Math.floor(((timeNs ?? 0) % NANOSECONDS) / MICROSECOND);
  return writeBytes(value, new Uint8Array(BigInt64Array.of(BigInt(seconds), BigInt(microseconds)).buffer));
}

function writeBytes(value: Uint8Array, bytes: Uint8Array): number {
  const written = bytes.subarray(0, value.length);
  value.set(written);
  return written.length;
}

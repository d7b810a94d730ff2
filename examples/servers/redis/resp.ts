/**
 * RESP2, the protocol of Redis: parses requests and encodes replies.
 *
 * A request is an array of bulk strings, `*2\r\n$3\r\nGET\r\n$1\r\nk\r\n`, or an inline command, a line of words typed into a terminal.
 * A client may send any number of requests before it reads the first reply (pipelining), and chunks may end anywhere in a request.
 */

/** The client has violated the protocol. The server replies with an error and closes, as it cannot find the next request. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

const MAX_ARGUMENTS = 1024 * 1024;
const MAX_BULK_BYTES = 512 * 1024 * 1024;
/** The memory that an unfinished request may take: the arguments, and what each costs besides its bytes. */
const MAX_REQUEST_BYTES = 512 * 1024 * 1024;
const ARGUMENT_OVERHEAD_BYTES = 128;
const MAX_LINE_BYTES = 64 * 1024;
const NOTHING = Buffer.alloc(0);
const DOLLAR = 0x24;
const STAR = 0x2a;
const LF = 0x0a;
const CR = 0x0d;

/** Parses requests incrementally. */
export class RequestParser {
  /** The unparsed bytes: `data` from `at` on, followed by the chunks in `later`, which are joined to `data` only when necessary. */
  private data = NOTHING;
  private at = 0;
  private later: Buffer[] = [];
  private laterBytes = 0;
  /** The incomplete request. */
  private args: Buffer[] = [];
  private missingArgs = 0;
  private requestBytes = 0;
  /** The length of the incomplete argument; -1 if it is not known yet. */
  private bulkBytes = -1;

  constructor(private readonly maxRequestBytes = MAX_REQUEST_BYTES) {}

  /**
   * Yields the requests that `chunk` completes. A caller that stops early gets the rest from the next call, for which `chunk` may be empty.
   * After a ProtocolError the parser must not be used again.
   */
  *feed(chunk: Buffer): Generator<Buffer[]> {
    this.later.push(chunk);
    this.laterBytes += chunk.length;
    // A large value arrives in many chunks. Joining at each of them would take quadratic time, so wait until it is complete.
    if (this.data.length - this.at + this.laterBytes < this.bulkBytes + 2) return;
    this.join();
    for (let request = this.next(); request !== null; request = this.next()) if (request.length > 0) yield request;
  }

  private join(): void {
    this.data = Buffer.concat([this.data.subarray(this.at), ...this.later]);
    this.at = 0;
    this.later = [];
    this.laterBytes = 0;
  }

  /** Returns the next request, which may be empty, or null if it is incomplete. */
  private next(): Buffer[] | null {
    if (this.missingArgs === 0) {
      const line = this.line('too big inline request');
      if (line === null) return null;
      if (line[0] !== STAR) return wordsOf(line.toString('latin1'));
      this.missingArgs = lengthOf(line, MAX_ARGUMENTS, 'invalid multibulk length');
      this.args = [];
      this.requestBytes = 0;
    }
    while (this.missingArgs > 0) {
      const argument = this.argument();
      if (argument === null) return null;
      this.args.push(argument);
      this.missingArgs -= 1;
    }
    return this.args;
  }

  private argument(): Buffer | null {
    if (this.bulkBytes < 0) {
      const line = this.line('too big bulk count string');
      if (line === null) return null;
      if (line[0] !== DOLLAR) throw new ProtocolError(`expected '$', got '${line.toString('latin1', 0, 1)}'`);
      this.bulkBytes = lengthOf(line, MAX_BULK_BYTES, 'invalid bulk length');
      this.requestBytes += this.bulkBytes + ARGUMENT_OVERHEAD_BYTES;
      if (this.requestBytes > this.maxRequestBytes) throw new ProtocolError('request is too big');
    }
    const end = this.at + this.bulkBytes;
    if (end + 2 > this.data.length) return null;
    // A copy, so that a small value that is stored does not keep the whole chunk in memory.
    const argument = Buffer.from(this.data.subarray(this.at, end));
    this.at = end + 2;
    this.bulkBytes = -1;
    return argument;
  }

  /** Returns the next line without its newline, or null if it is incomplete. */
  private line(tooLong: string): Buffer | null {
    const end = this.data.indexOf(LF, this.at);
    if (end < 0) {
      if (this.data.length - this.at > MAX_LINE_BYTES) throw new ProtocolError(tooLong);
      return null;
    }
    const line = this.data.subarray(this.at, end > this.at && this.data[end - 1] === CR ? end - 1 : end);
    this.at = end + 1;
    return line;
  }
}

/** Parses the number after the first character of a line. */
function lengthOf(line: Buffer, most: number, message: string): number {
  const text = line.toString('latin1', 1);
  const length = /^-?\d{1,10}$/.test(text) ? Number(text) : NaN;
  if (message === 'invalid multibulk length' && length <= 0) return 0; // an empty request, as in Redis
  if (length >= 0 && length <= most) return length;
  throw new ProtocolError(message);
}

/** Splits an inline command into words, some of which may be quoted. */
function wordsOf(line: string): Buffer[] {
  const words: Buffer[] = [];
  const word = /\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\')*)'|([^\s"']+))(?=\s|$)/y;
  const text = line.trim();
  while (word.lastIndex < text.length) {
    const match = word.exec(text);
    if (match === null) throw new ProtocolError('unbalanced quotes in request');
    const [, double, single, bare = ''] = match;
    const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };
    const unescaped = double?.replace(/\\(.)/g, (_, character: string) => escapes[character] ?? character);
    words.push(Buffer.from(unescaped ?? single?.replaceAll("\\'", "'") ?? bare, 'latin1'));
  }
  return words;
}

const CRLF = Buffer.from('\r\n');

/** The reply to a command. */
export type Reply = Buffer | number | bigint | null | Status | Failure | readonly Reply[];

/** A simple string such as OK. */
export class Status {
  constructor(readonly text: string) {}
}

/** An error reply. The connection stays open. */
export class Failure {
  constructor(readonly text: string) {}
}

/** Returns the number of bytes in a reply, without its framing. */
export function sizeOf(reply: Reply): number {
  if (Buffer.isBuffer(reply)) return reply.length;
  return Array.isArray(reply) ? (reply as Reply[]).reduce<number>((sum, element) => sum + sizeOf(element), 0) : 0;
}

/** Appends an encoded reply to `out`. */
export function encode(reply: Reply, out: Buffer[]): void {
  if (reply === null) out.push(Buffer.from('$-1\r\n'));
  else if (Buffer.isBuffer(reply)) out.push(Buffer.from(`$${reply.length}\r\n`), reply, CRLF);
  else if (reply instanceof Status) out.push(Buffer.from(`+${reply.text}\r\n`));
  else if (reply instanceof Failure) out.push(Buffer.from(`-${reply.text.replace(/[\r\n]/g, ' ')}\r\n`));
  else if (typeof reply === 'object') {
    out.push(Buffer.from(`*${reply.length}\r\n`));
    for (const element of reply) encode(element, out);
  } else out.push(Buffer.from(`:${reply}\r\n`));
}

/** Pipes: a ring of pages between a write end and a read end. */

import { EAGAIN, EBADF, EPIPE } from './errno.js';
import { Journal } from './journal.js';
import { POLLERR, POLLHUP, POLLIN, POLLOUT } from './numbers.js';
import { OpenFile } from './open-file.js';

const PAGE_SIZE = 4096;
const PAGES = 16;

/** A page: the bytes from `start` to `end` are unread. */
interface Page {
  readonly bytes: Uint8Array;
  start: number;
  end: number;
}

/** What the two ends share. */
class Pipe {
  readonly pages: Page[] = [];
  reader: ReadEnd | null = null;
  writer: WriteEnd | null = null;
  readonly journal = new Journal('pipe');

  get isFull(): boolean {
    return this.pages.length === PAGES;
  }

  /**
   * Copies bytes into the ring. A write that fits into what is left of the last page goes there; everything else starts a new page, so that
   * a full ring may hold much less than 64 KiB. A write of at most one page is taken as a whole or not at all (PIPE_BUF).
   */
  put(bytes: Uint8Array): number {
    let written = this.append(bytes.subarray(0, bytes.length % PAGE_SIZE));
    while (written < bytes.length && !this.isFull) {
      const part = bytes.subarray(written, written + PAGE_SIZE);
      const page = { bytes: new Uint8Array(PAGE_SIZE), start: 0, end: part.length };
      page.bytes.set(part);
      this.pages.push(page);
      written += part.length;
    }
    this.journal.sent(bytes.subarray(0, written));
    return written;
  }

  take(into: Uint8Array): number {
    let read = 0;
    while (read < into.length && this.pages.length > 0) {
      const page = this.pages[0]!;
      const part = page.bytes.subarray(page.start, Math.min(page.end, page.start + into.length - read));
      into.set(part, read);
      read += part.length;
      page.start += part.length;
      if (page.start === page.end) this.pages.shift();
    }
    this.journal.received(into.subarray(0, read));
    return read;
  }

  private append(bytes: Uint8Array): number {
    const last = this.pages.at(-1);
    if (last === undefined || last.end + bytes.length > PAGE_SIZE) return 0;
    last.bytes.set(bytes, last.end);
    last.end += bytes.length;
    return bytes.length;
  }
}

class ReadEnd extends OpenFile {
  constructor(private readonly pipe: Pipe) {
    super();
  }

  override poll(): number {
    const { pages, writer } = this.pipe;
    return (pages.length > 0 ? POLLIN : 0) | (writer === null ? POLLHUP : 0);
  }

  override read(into: Uint8Array): number {
    const { pipe } = this;
    if (into.length === 0) return 0;
    if (pipe.pages.length === 0) return pipe.writer === null ? 0 : -EAGAIN;
    const read = pipe.take(into);
    pipe.writer?.changed();
    return read;
  }

  override get mayWrite(): boolean {
    return false;
  }

  override write(): number {
    return -EBADF;
  }

  protected override release(): void {
    this.pipe.reader = null;
    this.pipe.writer?.changed();
  }
}

class WriteEnd extends OpenFile {
  constructor(private readonly pipe: Pipe) {
    super();
  }

  override poll(): number {
    return (this.pipe.isFull ? 0 : POLLOUT) | (this.pipe.reader === null ? POLLERR : 0);
  }

  override read(): number {
    return -EBADF;
  }

  override write(bytes: Uint8Array): number {
    const { pipe } = this;
    if (bytes.length === 0) return 0;
    if (pipe.reader === null) return -EPIPE;
    const written = pipe.put(bytes);
    if (written === 0) return -EAGAIN;
    pipe.reader.changed();
    return written;
  }

  protected override release(): void {
    this.pipe.writer = null;
    this.pipe.reader?.changed();
  }
}

/** Returns the read end and the write end of a new pipe. */
export function makePipe(): [OpenFile, OpenFile] {
  const pipe = new Pipe();
  pipe.reader = new ReadEnd(pipe);
  pipe.writer = new WriteEnd(pipe);
  return [pipe.reader, pipe.writer];
}

/** An input that passes on one line at a time, and holds the next one back while the program is busy. */

import { Readable } from 'node:stream';
import type { ReadStream } from 'node:tty';

const CTRL_C = '\x03';

/**
 * Stands between a terminal or a pipe and a REPL. The REPL would read all lines of a pipe, or of a paste, while the first of them still
 * runs. While the program is busy, Ctrl-C in a terminal calls `interrupt`; other input waits. The program is busy until `setBusy(false)`.
 */
export class GatedInput extends Readable {
  private held = '';
  private ended = false;
  private busy = true;
  /** Whether the REPL has read what was passed on before. */
  private isRead = false;

  constructor(
    private readonly source: ReadStream,
    /** For the line editor: whether the source is a terminal. */
    readonly isTTY: boolean,
    private readonly interrupt: () => void,
  ) {
    super({ encoding: 'utf8', highWaterMark: 1 }); // so that `_read` is called when everything is read
    source.setEncoding('utf8');
    source.on('data', (text: string) => this.arrived(text));
    source.on('end', () => {
      this.ended = true;
      this.pass();
    });
  }

  /** For the line editor. */
  get isRaw(): boolean {
    return this.isTTY && this.source.isRaw;
  }

  /** For the line editor. */
  setRawMode(raw: boolean): this {
    if (this.isTTY) this.source.setRawMode(raw);
    return this;
  }

  /** Holds input back from now on, or passes it on again. */
  setBusy(busy: boolean): void {
    this.busy = busy;
    this.passSoon();
  }

  override _read(): void {
    this.isRead = true;
    this.passSoon();
  }

  private arrived(text: string): void {
    if (this.isTTY && this.busy && text.includes(CTRL_C)) {
      text = text.replaceAll(CTRL_C, '');
      this.interrupt();
    }
    this.held += text;
    this.pass();
  }

  /** Later, because the REPL handles a line when it has read it. */
  private passSoon(): void {
    setImmediate(() => this.pass());
  }

  private pass(): void {
    if (this.busy || !this.isRead || this.readableEnded) return;
    if (this.held === '') {
      if (this.ended) this.push(null);
      return;
    }
    const end = /[\r\n]/.exec(this.held);
    const line = end === null ? this.held : this.held.slice(0, end.index + 1);
    this.held = this.held.slice(line.length);
    this.isRead = false;
    this.push(line);
  }
}

/** The other end of a connection under test: a Node socket that follows the scenario. */

import { once } from 'node:events';
import type { Socket } from 'node:net';

import { describe } from './recorder.js';

/** Reads only on request, so that unread bytes stay in the kernel. */
export class Peer {
  private readonly chunks: Buffer[] = [];
  private received = 0;
  private errorCode: string | undefined;
  private ended = false;
  private bytesMatter = true;
  private onChunk: (() => void) | null = null;

  /**
   * @param socket created with `pauseOnConnect` and `allowHalfOpen`
   * @param tcpSocket the TCP socket below a TLSSocket, or `socket` itself
   */
  constructor(
    readonly socket: Socket,
    private readonly tcpSocket: Socket,
  ) {
    socket.on('data', (chunk: Buffer) => {
      this.chunks.push(chunk);
      this.received += chunk.length;
      this.onChunk?.();
    });
    socket.pause();
    socket.on('end', () => {
      this.ended = true;
      this.onChunk?.();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.errorCode = error.code;
    });
    socket.on('close', () => this.onChunk?.());
    if (tcpSocket !== socket) tcpSocket.on('error', () => undefined);
  }

  /** Sends, and waits until the kernel has accepted the bytes. */
  async send(data: string | Uint8Array): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.socket.write(data, (error) => {
        if (error == null) resolve();
        else reject(error);
      });
    });
  }

  /** Ends its side, after `data`. */
  async end(data?: string | Uint8Array): Promise<void> {
    await new Promise<void>((resolve) => {
      if (data === undefined) this.socket.end(resolve);
      else this.socket.end(data, resolve);
    });
  }

  /** Reads until it has received `byteCount` bytes in all. */
  async read(byteCount: number): Promise<void> {
    await this.readUntil(() => this.received >= byteCount);
  }

  /** Reads until the connection ends or fails. */
  async readAll(): Promise<void> {
    await this.readUntil(() => this.ended);
  }

  /** Closes both sides. If bytes are unread, the kernel resets the connection. */
  async destroy(): Promise<void> {
    if (this.socket.closed) return;
    const closed = once(this.socket, 'close');
    this.socket.destroy();
    await closed;
  }

  /** Resets a TCP connection. */
  async reset(): Promise<void> {
    const closed = once(this.tcpSocket, 'close');
    this.tcpSocket.resetAndDestroy();
    await closed;
    this.socket.destroy();
  }

  /** Makes `outcome` omit the received bytes, for a message that was cut off at an arbitrary point. */
  ignoreBytes(): void {
    this.bytesMatter = false;
  }

  /** The observations of the peer. */
  outcome(): Record<string, unknown> {
    const { ended, errorCode } = this;
    return { received: this.bytesMatter ? describe(Buffer.concat(this.chunks)) : null, ended, errorCode };
  }

  private async readUntil(done: () => boolean): Promise<void> {
    const { socket } = this;
    socket.resume();
    while (!done() && !socket.closed)
      await new Promise<void>((resolve) => {
        this.onChunk = resolve;
      });
    this.onChunk = null;
    socket.pause();
  }
}

/** A client that sends hand-written bytes and records what it receives. */

import { createHash } from 'node:crypto';
import net from 'node:net';
import tls from 'node:tls';

/** How a client connects. */
export interface ClientOptions {
  /** Options for `tls.connect`: a certificate, ALPN protocols, versions. */
  tls?: tls.ConnectionOptions;
  /** false: do not wait for the TLS handshake, which is expected to fail. Default: true. */
  handshake?: boolean;
  /** Speak plain TCP, even to an https server. */
  plain?: boolean;
  /** Stay open for writing when the server ends. Default: false, as `net.connect`. */
  allowHalfOpen?: boolean;
}

/** The body of a longer answer is recorded as its length and digest. */
const SHOWN_BYTES = 2_000;

/** One connection, from the client's end. */
export class Client {
  /** 'end', 'error CODE', 'close' with its argument, in order. */
  readonly events: string[] = [];
  readonly closed: Promise<void>;
  hasClosed = false;
  private readonly chunks: Buffer[] = [];
  private text = '';

  /** @param below over TLS, the connection that carries it */
  private constructor(
    readonly socket: net.Socket,
    private readonly below: net.Socket = socket,
  ) {
    socket.on('data', (chunk: Buffer) => {
      this.chunks.push(chunk);
      this.text += chunk.toString('latin1');
    });
    socket.on('end', () => this.events.push('end'));
    socket.on('error', (error: NodeJS.ErrnoException) => this.events.push(`error ${error.code}`));
    this.closed = new Promise((resolve) => {
      socket.on('close', (hadError) => {
        this.events.push(`close(${hadError})`);
        this.hasClosed = true;
        resolve();
      });
    });
  }

  /** Connects by TCP, or by TLS when `secure` has options. */
  static async connect(port: number, secure: tls.ConnectionOptions | null, options: ClientOptions): Promise<Client> {
    const target = { port, host: '127.0.0.1', allowHalfOpen: options.allowHalfOpen ?? false };
    const connection = net.connect(target);
    await once(connection, 'connect');
    if (secure === null || options.plain === true) {
      return new Client(connection);
    }
    const over = tls.connect({ socket: connection, servername: 'localhost', ...secure, ...options.tls });
    const client = new Client(over, connection);
    if (options.handshake !== false) await once(over, 'secureConnect');
    return client;
  }

  send(text: string | Buffer): this {
    this.socket.write(text);
    return this;
  }

  /** Ends the client's side. */
  end(text = ''): this {
    this.socket.end(text);
    return this;
  }

  /** Resets the connection (RST). */
  reset(): this {
    this.below.resetAndDestroy();
    return this;
  }

  /** Waits until the text has arrived, `times` times. An Error if the connection closes first. */
  async until(text: string, times = 1): Promise<void> {
    const hasArrived = (): boolean => this.text.split(text).length > times;
    await new Promise<void>((resolve, reject) => {
      const check = (): void => {
        if (hasArrived()) resolve();
        else if (this.hasClosed) reject(new Error(`closed before "${text}" arrived; got "${this.text}"`));
      };
      this.socket.on('data', check).on('close', check);
      check();
    });
  }

  /**
   * The bytes and events that it saw, without parts that differ between runs (the date).
   *
   * @param headOnly omit everything after the first empty line
   */
  seen(headOnly = false): unknown {
    const all = Buffer.concat(this.chunks);
    const head = this.text.slice(0, this.text.indexOf('\r\n\r\n'));
    if (!headOnly && all.length > SHOWN_BYTES) {
      const digest = createHash('sha256').update(all.subarray(head.length)).digest('hex');
      return { head: shown(head), body: `${all.length - head.length} bytes, ${digest}`, events: this.events };
    }
    return { bytes: shown(headOnly ? head : this.text), events: this.events };
  }
}

/** Lines, for a report that can be read. */
function shown(text: string): string[] {
  return text.replace(/^Date: .*$/gm, 'Date: ...').split('\r\n');
}

async function once(socket: net.Socket, event: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    socket.once(event, () => resolve()).once('error', reject);
  });
}

/** What a scenario is: how a program uses a server of `node:http`, and what its clients do to it. */

import type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http';
import type { TlsOptions } from 'node:tls';

import type { Client, ClientOptions } from './client.js';

/** What a scenario plays with. */
export interface Stage {
  /** Listens already; every event of it, of its requests, responses and sockets is recorded. */
  readonly server: Server;
  readonly port: number;
  /** True if the server speaks https. */
  readonly secure: boolean;
  /** Connects; over https the promise waits for the handshake unless `handshake` is false. */
  connect(options?: ClientOptions): Promise<Client>;
  /** Adds a line to what is recorded. */
  note(line: string): void;
  /** Adds a line about the end of the server; see the recorder. */
  noteClosing(line: string): void;
  /** Waits until `times` recorded lines contain the text. */
  seen(text: string, times?: number): Promise<void>;
}

/** One row of the table. */
export interface Scenario {
  /** Completes the sentence "as Node, it ...". */
  readonly name: string;
  /** Options for the http server. */
  readonly options?: ServerOptions;
  /** How many bytes a client gets is up to the kernel's buffers: compare the header only. */
  readonly headOnly?: boolean;
  /** Options for the TLS side, beside the certificate. */
  readonly tls?: TlsOptions;
  /** Not over https, or over https only. Default: both. */
  readonly only?: 'plain' | 'secure';
  /** The request listener. Default: answers every request with its method and path. */
  readonly listener?: (request: IncomingMessage, response: ServerResponse) => unknown;
  /** Prepares the server before it listens. */
  readonly prepare?: (server: Server, stage: Pick<Stage, 'note' | 'seen'>) => void;
  /** What the clients do. The server is closed afterwards if it still listens. */
  readonly play: (stage: Stage) => Promise<unknown>;
  /**
   * The same scenario with longer times, for one whose outcome depends on time: a process that is stopped for longer than the
   * timeout of a server sees another outcome, with Node as with `serveHttp`. It is played when the outcomes differ.
   */
  readonly slower?: Scenario;
}

/** The text of a request without a body; lines such as 'Connection: close' are added to its header. */
export function request(line: string, ...headers: string[]): string {
  const [method = '', path = '', version = 'HTTP/1.1'] = line.split(' ');
  return [`${method} ${path} ${version}`, 'Host: a', ...headers, '', ''].join('\r\n');
}

/** Answers with the method and the path, so that a pipeline of answers shows its order. */
export function answerWithPath({ method, url }: IncomingMessage, response: ServerResponse): void {
  response.end(`answer to ${method} ${url}`);
}

/** The form of a scenario: how a program uses a `node:http` server, and what its clients do. */

import type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http';
import type { TlsOptions } from 'node:tls';

import type { Client, ClientOptions } from './client.js';

/** The tools of a scenario. */
export interface Stage {
  /** Listens already; every event of it, of its requests, responses and sockets is recorded. */
  readonly server: Server;
  readonly port: number;
  /** True if the server speaks https. */
  readonly secure: boolean;
  /** Connects; over https the promise waits for the handshake unless `handshake` is false. */
  connect(options?: ClientOptions): Promise<Client>;
  /** Adds a line to the record. */
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
  /** Compare only the header, because the kernel's buffers decide how many bytes a client gets. */
  readonly headOnly?: boolean;
  /** TLS options in addition to the certificate. */
  readonly tls?: TlsOptions;
  /** Only over http, or only over https. Default: both. */
  readonly only?: 'plain' | 'secure';
  /** The request listener. Default: answers every request with its method and path. */
  readonly listener?: (request: IncomingMessage, response: ServerResponse) => unknown;
  /** Prepares the server before it listens. */
  readonly prepare?: (server: Server, stage: Pick<Stage, 'note' | 'seen'>) => void;
  /** The actions of the clients. The server is closed afterwards if it still listens. */
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

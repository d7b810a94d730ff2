/** Ends the connections of a `node:http` or `node:http2` server in order: idle ones immediately, busy ones after their requests. */

import http from 'node:http';
import type http2 from 'node:http2';
import type net from 'node:net';

/** A server of `node:http` or `node:https`. */
interface ClosesIdle {
  closeIdleConnections(): void;
}

/** The requests and sessions of one server. */
export class RequestsInFlight {
  private readonly responses = new Set<http.ServerResponse>();
  private readonly sessions = new Set<http2.ServerHttp2Session>();
  private draining = false;

  constructor(private readonly server: net.Server) {}

  /** Gets the events of the server. */
  readonly onEvent = (name: string | symbol, first: unknown, second: unknown): void => {
    if (second instanceof http.ServerResponse) {
      const response = second as http.ServerResponse;
      this.responses.add(response);
      response.once('close', () => this.responses.delete(response));
      if (this.draining) this.closeAfter(response);
    } else if (name === 'session') {
      const session = first as http2.ServerHttp2Session;
      this.sessions.add(session);
      session.once('close', () => this.sessions.delete(session));
      if (this.draining) session.close();
    }
  };

  /**
   * From now on every connection ends with its last request. A response whose header is not sent yet says so, and its client opens a
   * new connection for its next request, instead of sending it into a connection that is about to close.
   */
  drain(): void {
    this.draining = true;
    for (const response of this.responses) this.closeAfter(response);
    for (const session of this.sessions) session.close();
  }

  private closeAfter(response: http.ServerResponse): void {
    if (!response.headersSent) response.setHeader('Connection', 'close');
    else
      response.once('close', () => setImmediate(() => (this.server as net.Server & ClosesIdle).closeIdleConnections()));
  }
}

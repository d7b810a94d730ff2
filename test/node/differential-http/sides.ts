/** The two sides of the comparison: a server that listens by itself, and one that `serveHttp` serves. */

import http, { type Server } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TlsOptions } from 'node:tls';

import type { TlsServerOptions } from 'selectloop';
import { fromPromise, serveHttp } from 'selectloop/node';

import type { LoopKind } from '../../support/every-loop.js';
import { certificates } from '../../tls/certificates.js';
import { Client, type ClientOptions } from './client.js';
import { Recorder } from './recorder.js';
import { type Scenario, type Stage, answerWithPath } from './scenario.js';

/** Everything that is compared. */
export interface Outcome {
  readonly server: readonly string[];
  readonly closing: readonly string[];
  readonly clients: readonly unknown[];
}

/** `http` with the option `tls`, or a server of `node:https`: a client cannot distinguish them. */
export type Secure = 'tls option' | 'https server';

/** A hang is reported with the record so far. */
const HANG_MS = 20_000;

/** The scenario on Node alone. */
export async function onNode(scenario: Scenario, secure: boolean): Promise<Outcome> {
  const server = makeServer(scenario, secure ? 'https server' : null);
  const performance = new Performance(scenario, server, secure);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return await performance.play();
}

/** The scenario on a loop of this library. */
export async function onOurs(kind: LoopKind, scenario: Scenario, secure: Secure | null): Promise<Outcome> {
  return await kind.run(function* () {
    const server = makeServer(scenario, secure);
    const performance = new Performance(scenario, server, secure !== null);
    const options = secure === 'tls option' ? { tls: tlsOptions(scenario) as TlsServerOptions } : {};
    const serving = yield* serveHttp(server, '127.0.0.1', 0, options);
    const outcome = yield* fromPromise(performance.play());
    yield* serving.waitClosed();
    return outcome;
  });
}

function makeServer(scenario: Scenario, secure: Secure | null): Server {
  const { options = {}, listener = answerWithPath } = scenario;
  if (secure !== 'https server') return http.createServer(options, listener);
  return https.createServer({ ...options, ...tlsOptions(scenario) }, listener);
}

function tlsOptions({ tls }: Scenario): TlsOptions {
  const { ca, server } = certificates();
  return { ...server, ca, ...tls };
}

/** One scenario, played once. */
class Performance {
  private readonly recorder: Recorder;
  private readonly clients: Client[] = [];

  constructor(
    private readonly scenario: Scenario,
    private readonly server: Server,
    private readonly secure: boolean,
  ) {
    this.recorder = new Recorder(secure);
    this.recorder.observeServer(server);
    scenario.prepare?.(server, this.recorder);
  }

  async play(): Promise<Outcome> {
    const { scenario, server, secure, recorder } = this;
    const { port } = server.address() as AddressInfo;
    const stage: Stage = {
      server,
      port,
      secure,
      connect: (options = {}) => this.connect(port, options),
      note: recorder.note,
      noteClosing: recorder.noteClosing,
      seen: recorder.seen,
    };
    await this.within(
      HANG_MS,
      scenario.play(stage).then(() => this.close()),
    );
    return {
      server: recorder.lines,
      closing: recorder.closing,
      clients: this.clients.map((client) => client.seen(scenario.headOnly)),
    };
  }

  private async connect(port: number, options: ClientOptions): Promise<Client> {
    const client = await Client.connect(port, this.secure ? { ca: certificates().ca } : null, options);
    this.clients.push(client);
    return client;
  }

  /** Cleans up, and records the final state. */
  private async close(): Promise<void> {
    const { server, recorder } = this;
    if (this.clients.every(({ hasClosed }) => hasClosed)) await recorder.socketsClosed();
    recorder.note('the end of the scenario');
    if (server.listening) {
      server.close();
      server.closeAllConnections();
      for (const { socket } of this.clients) socket.destroy();
    }
    await Promise.all([recorder.seen('server: close()'), ...this.clients.map(({ closed }) => closed)]);
    await recorder.socketsClosed();
    const connections = await new Promise<number>((resolve) =>
      server.getConnections((_error, count) => resolve(count)),
    );
    recorder.note(`listening: ${server.listening}, connections: ${connections}`);
  }

  private async within(limitMs: number, work: Promise<unknown>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const hang = new Promise((_resolve, reject) => {
      timer = setTimeout(() => {
        const record = [
          ...this.recorder.lines,
          ...this.recorder.closing,
          ...this.clients.map((client) => JSON.stringify(client.seen())),
        ];
        reject(new Error(`"${this.scenario.name}" hangs after:\n  ${record.join('\n  ')}`));
      }, limitMs);
    });
    try {
      await Promise.race([work, hang]);
    } finally {
      clearTimeout(timer);
    }
  }
}

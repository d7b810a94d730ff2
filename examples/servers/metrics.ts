// An echo server that can be observed: an HTTP endpoint /metrics with the counters of its loop in the format of Prometheus.
// Connections, failed tasks and slow callbacks are counted from outside the server, through node:diagnostics_channel.
// Watch selectloop_connections_open while clients come and go, and how selectloop_poll_seconds_total grows in an idle server.

import { subscribe } from 'node:diagnostics_channel';
import http from 'node:http';

import {
  type Coroutine,
  type DiagnosticsMessages,
  type LoopStatistics,
  type Server,
  coroutine,
  getRunningLoop,
  startServer,
} from 'selectloop';
import { serveHttp } from 'selectloop/node';

import { program } from '../support/program.js';
import { type Endpoint, announce, endpointOf, untilInterrupted } from './serving.js';

/** Counts what the library publishes. A counter never decreases; that is what distinguishes it from a gauge. */
export class Events {
  readonly opened = { server: 0, client: 0 };
  readonly closed = { server: 0, client: 0 };
  failedTasks = 0;
  slowCallbacks = 0;

  constructor() {
    this.on('selectloop:connection:open', ({ side }) => (this.opened[side] += 1));
    this.on('selectloop:connection:close', ({ side }) => (this.closed[side] += 1));
    this.on('selectloop:task:fail', () => (this.failedTasks += 1));
    this.on('selectloop:callback:slow', () => (this.slowCallbacks += 1));
  }

  private on<N extends keyof DiagnosticsMessages>(name: N, count: (message: DiagnosticsMessages[N]) => void): void {
    subscribe(name, (message) => count(message as DiagnosticsMessages[N]));
  }
}

/** One metric: its lines HELP and TYPE, and a sample for each set of labels. */
function metric(
  name: string,
  type: 'counter' | 'gauge',
  help: string,
  samples: number | Readonly<Record<string, number>>,
): string {
  const lines = typeof samples === 'number' ? { '': samples } : samples;
  const text = Object.entries(lines).map(([labels, value]) => `selectloop_${name}${labels} ${value}\n`);
  return `# HELP selectloop_${name} ${help}\n# TYPE selectloop_${name} ${type}\n${text.join('')}`;
}

/** Returns the metrics as text. Prometheus counts time in seconds, and the names of its counters end in `_total`. */
export function metricsOf(loop: LoopStatistics, { opened, closed, failedTasks, slowCallbacks }: Events): string {
  const bySide = (count: (side: 'server' | 'client') => number): Record<string, number> => ({
    '{side="server"}': count('server'),
    '{side="client"}': count('client'),
  });
  return [
    metric('iterations_total', 'counter', 'Iterations of the loop.', loop.iterations),
    metric(
      'poll_seconds_total',
      'counter',
      'Time spent in polls, which is when the loop is idle.',
      loop.selectTimeMs / 1000,
    ),
    metric('run_seconds_total', 'counter', 'Time spent running handles.', loop.runTimeMs / 1000),
    metric('ready_handles', 'gauge', 'Handles on the ready queue.', loop.ready),
    metric('scheduled_timers', 'gauge', 'Timers that are not due.', loop.scheduled),
    metric('waiting_descriptors', 'gauge', 'Waiters for descriptors, by what they wait for.', {
      '{direction="read"}': loop.readers,
      '{direction="write"}': loop.writers,
    }),
    metric('tasks', 'gauge', 'Tasks that are not done.', loop.tasks),
    metric('tasks_failed_total', 'counter', 'Tasks that ended with an error.', failedTasks),
    metric('slow_callbacks_total', 'counter', 'Handles that ran for loop.slowCallbackMs or longer.', slowCallbacks),
    metric(
      'connections_opened_total',
      'counter',
      'Connections that were opened.',
      bySide((side) => opened[side]),
    ),
    metric(
      'connections_open',
      'gauge',
      'Connections that are open.',
      bySide((side) => opened[side] - closed[side]),
    ),
  ].join('');
}

/** Starts the HTTP server. `/metrics` is the path where Prometheus looks. */
export function serveMetrics({ host, port }: Endpoint, events: Events): Coroutine<Server> {
  const loop = getRunningLoop();
  const server = http.createServer((request, response) => {
    if (request.url !== '/metrics') {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('try /metrics\n');
      return;
    }
    response.setHeader('content-type', 'text/plain; version=0.0.4; charset=utf-8');
    response.end(metricsOf(loop.statistics(), events));
  });
  return serveHttp(server, host, port);
}

/** The server that is observed. It knows nothing about metrics. */
export const startEcho = ({ host, port }: Endpoint): Coroutine<Server> =>
  startServer(
    function* (reader, writer) {
      for (let data; (data = yield* reader.read(65536)).length > 0;) {
        writer.write(data);
        yield* writer.drain();
      }
      writer.close();
    },
    host,
    port,
  );

const serve = coroutine(function* serve(endpoint: Endpoint) {
  const echo = yield* startEcho({ ...endpoint, port: endpoint.port === 0 ? 0 : endpoint.port - 1 });
  const metrics = yield* serveMetrics(endpoint, new Events());
  announce('echo', echo.address);
  announce('metrics', metrics.address);
  yield* metrics.serveForever();
});

await program(import.meta, (args) => untilInterrupted(() => serve(endpointOf(args, 7014))));

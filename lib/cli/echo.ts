/** `selectloop echo`: an echo server for trying out, measuring and studying the library. */

import { KeyboardInterrupt, isCancelled } from '../errors/index.js';
import { getRunningLoop, run, runSync } from '../event-loop/index.js';
import type { Address, Socket } from '../sockets/index.js';
import { type Steps, createTask } from '../tasks/index.js';
import { sdNotify } from '../systemd/index.js';
import { traceRun, traceRunSync } from '../trace/index.js';
import type { TraceFile } from '../trace/trace-file.js';
import { serveWorkers } from '../workers/index.js';
import { boundSocket } from './echo-listener.js';
import { type Api, type Settings, mechanismOf, settingsOf, workerArguments } from './echo-settings.js';
import { serveAsync, serveSockets } from './echo-sockets.js';
import { serveProtocol, serveStreams } from './echo-transports.js';

const BACKLOG = 1024;
/** A worker that has not stopped after this time is killed. */
const WORKER_GRACE_MS = 3000;

/** The servers by API. Each serves the connections of a listening socket until cancelled. */
const SERVERS: Readonly<Record<Api, { title: string; serve(listener: Socket): Steps<never> | Promise<never> }>> = {
  sockets: { title: 'generator coroutines on raw sockets', serve: serveSockets },
  async: { title: 'async functions on raw sockets', serve: serveAsync },
  protocol: { title: 'a protocol on a transport', serve: (listener) => serveProtocol(listener, BACKLOG) },
  streams: { title: 'generator coroutines on streams', serve: (listener) => serveStreams(listener, BACKLOG) },
};

/** Runs the command until it is interrupted. */
export async function echoCommand(args: readonly string[]): Promise<void> {
  const settings = settingsOf(args);
  try {
    await runMain(settings);
  } catch (error) {
    if (!(error instanceof KeyboardInterrupt || isCancelled(error))) throw error;
    if (!settings.isWorker) process.stdout.write('stopped\n');
  } finally {
    writeTrace(settings.trace);
  }
}

function writeTrace(trace: TraceFile | null): void {
  if (trace === null) return;
  trace.write();
  process.stdout.write(`trace written to ${trace.path}\n`);
}

async function runMain(settings: Settings): Promise<void> {
  const { selector, blocking, trace } = settings;
  const main = (): Steps<void> => (settings.workers > 0 ? superviseWorkers(settings) : serve(settings));
  if (trace !== null) {
    const options = { selector, recorder: trace.recorder };
    if (blocking) traceRunSync(main, options);
    else await traceRun(main, options);
  } else if (blocking) runSync(main, { selector });
  else await run(main, { selector });
}

function* serve(settings: Settings): Steps<void> {
  const listener = yield* boundSocket(settings);
  try {
    listener.listen(BACKLOG);
    const server = createTask<never>(() => SERVERS[settings.api].serve(listener), { name: 'accept' });
    getRunningLoop().addSignalHandler('SIGTERM', () => server.cancel());
    if (!settings.isWorker) announce(settings, listener.getsockname());
    sdNotify('READY=1');
    yield* server;
  } finally {
    listener.close();
  }
}

function* superviseWorkers(settings: Settings): Steps<void> {
  const { host, port, workers } = settings;
  yield* serveWorkers(workers, process.argv[1]!, {
    host,
    port,
    backlog: BACKLOG,
    args: workerArguments(settings),
    graceMs: WORKER_GRACE_MS,
    exitBySignal: false,
    onReady: (address) => announce(settings, address),
  });
  process.stdout.write('stopped\n');
}

function announce({ selector, blocking, api, workers }: Settings, address: Address): void {
  const { host, port } = address as { host: string; port: number };
  const mode = blocking ? 'blocking: the loop owns the thread' : "hosted: beside Node's own loop";
  process.stdout.write(
    `echo server on ${host.includes(':') ? `[${host}]` : host}:${port}\n` +
      `  selector  ${mechanismOf(selector)}\n` +
      `  mode      ${mode}\n` +
      `  api       ${SERVERS[api].title}\n` +
      (workers > 0 ? `  workers   ${workers} processes that share the port\n` : '') +
      `try it:     printf 'hello\\n' | nc -N ${host} ${port}\n` +
      `Ctrl-C stops it\n`,
  );
}

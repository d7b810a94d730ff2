/** `selectloop echo`: an echo server to try, to measure and to study. */

import { chooseSelector, getRunningLoop, run, runSync } from '../event-loop/index.js';
import { KeyboardInterrupt, isCancelled } from '../errors/index.js';
import { getaddrinfo } from '../io/index.js';
import { EpollSelector, PollSelector, type Selector } from '../selectors/index.js';
import { type Address, SO_REUSEADDR, SOL_SOCKET, Socket } from '../sockets/index.js';
import { type Steps, createTask } from '../tasks/index.js';
import { traceRun, traceRunSync } from '../trace/index.js';
import { type Options, UsageError, choice, parseOptions, port } from './command-line.js';
import { serveAsync, serveSockets } from './echo-server.js';
import { TraceFile } from './trace-file.js';

const SELECTORS = ['select', 'poll', 'epoll'] as const;
const APIS = ['sockets', 'async'] as const;
const BACKLOG = 1024;

/** The lines of `--help`. */
export const echoUsage = `selectloop echo [options]: serve connections, sending back what they send

  --host H        the address or name to listen on (127.0.0.1)
  --port P        the port, 0 for any that is free (7007)
  --selector S    ${SELECTORS.join(', ')} (the best that works here)
  --api A         sockets: generator coroutines; async: async functions (sockets)
  --blocking      let the loop own the thread instead of living beside Node's
  --trace FILE    write what the loop did when the server ends: FILE.txt to read, FILE.json for Perfetto`;

interface Settings {
  host: string;
  port: number;
  api: (typeof APIS)[number];
  blocking: boolean;
  selector: Selector;
  trace: TraceFile | null;
}

function settingsOf(options: Options): Settings {
  const api = choice(options, 'api', APIS) ?? 'sockets';
  const blocking = options['blocking'] === true;
  if (blocking && api === 'async') {
    throw new UsageError('--api async needs Node beside it: async functions cannot run with --blocking');
  }
  const settings = { host: String(options['host'] ?? '127.0.0.1'), port: port(options, 'port', 7007), api, blocking };
  const selector = chooseSelector(choice(options, 'selector', SELECTORS));
  return {
    ...settings,
    selector,
    trace: options['trace'] === undefined ? null : new TraceFile(String(options['trace'])),
  };
}

/** Runs the command until it is interrupted. */
export async function echoCommand(args: readonly string[]): Promise<void> {
  const settings = settingsOf(
    parseOptions(args, {
      host: { type: 'string' },
      port: { type: 'string' },
      selector: { type: 'string' },
      api: { type: 'string' },
      blocking: { type: 'boolean' },
      trace: { type: 'string' },
    }),
  );
  try {
    await serve(settings);
  } catch (error) {
    if (!(error instanceof KeyboardInterrupt || isCancelled(error))) throw error;
    process.stdout.write('stopped\n');
  } finally {
    settings.trace?.write();
  }
}

async function serve(settings: Settings): Promise<void> {
  const { selector, blocking, trace } = settings;
  const server = (): Steps<void> => main(settings);
  if (trace !== null) {
    const options = { selector, recorder: trace.recorder };
    if (blocking) traceRunSync(server, options);
    else await traceRun(server, options);
  } else if (blocking) runSync(server, { selector });
  else await run(server, { selector });
}

function* main(settings: Settings): Steps<void> {
  const listener = yield* listen(settings);
  try {
    const acceptClients = (): Steps<never> | Promise<never> =>
      settings.api === 'async' ? serveAsync(listener) : serveSockets(listener);
    const server = createTask<never>(acceptClients, { name: 'accept' });
    getRunningLoop().addSignalHandler('SIGTERM', () => server.cancel());
    announce(settings, listener.getsockname());
    yield* server;
  } finally {
    listener.close();
  }
}

function* listen({ host, port: number }: Settings): Steps<Socket> {
  const [first] = yield* getaddrinfo(host, number);
  if (first === undefined) throw new Error(`${host} has no address`);
  const listener = new Socket(first.family);
  try {
    listener.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1);
    listener.setBlocking(false);
    listener.bind(first.address);
    listener.listen(BACKLOG);
    return listener;
  } catch (error) {
    listener.close();
    throw error;
  }
}

function announce({ selector, blocking, api }: Settings, address: Address): void {
  const { host, port: number } = address as { host: string; port: number };
  const mechanism = selector instanceof EpollSelector ? 'epoll' : selector instanceof PollSelector ? 'poll' : 'select';
  const mode = blocking ? 'blocking: the loop owns the thread' : "hosted: beside Node's own loop";
  process.stdout.write(
    `echo server on ${host.includes(':') ? `[${host}]` : host}:${number}\n` +
      `  selector  ${mechanism}\n` +
      `  mode      ${mode}\n` +
      `  api       ${api === 'async' ? 'async functions' : 'generator coroutines'} on raw sockets\n` +
      `try it:     printf 'hello\\n' | nc -N ${host} ${number}\n` +
      `Ctrl-C stops it\n`,
  );
}

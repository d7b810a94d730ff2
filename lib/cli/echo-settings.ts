/** The options of `selectloop echo`. */

import { chooseSelector } from '../event-loop/index.js';
import { EpollSelector, PollSelector, type Selector, type SelectorName } from '../selectors/index.js';
import { type Options, UsageError, choice, count, parseOptions, port } from './command-line.js';
import { TraceFile, UnknownFormat } from '../trace/trace-file.js';

const SELECTORS = ['select', 'poll', 'epoll'] as const;
const APIS = ['sockets', 'async', 'protocol', 'streams'] as const;
const MAX_WORKERS = 256;

/** The lines of `--help`. */
export const echoUsage = `selectloop echo [options]: serve connections, sending back what they send

  --host H        the address or name to listen on (127.0.0.1)
  --port P        the port, 0 for any that is free (7007)
  --selector S    ${SELECTORS.join(', ')} (the best that works here)
  --api A         sockets: raw sockets in generator coroutines; async: the same in async functions;
                  protocol: callbacks of a transport; streams: a reader and a writer (sockets)
  --workers N     N processes share the port; one that crashes is started again, SIGHUP replaces all of them
  --blocking      let the loop own the thread instead of living beside Node's
  --trace FILE    write what the loop did when the server ends: FILE.txt to read, FILE.json for Perfetto,
                  FILE.html to play`;

/** The API with which the server is written. */
export type Api = (typeof APIS)[number];

/** The options of the command. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly api: Api;
  readonly blocking: boolean;
  /** The selector for the loop of this process. */
  readonly selector: Selector;
  /** The number of worker processes; 0: this process serves alone. */
  readonly workers: number;
  /** True if this process is a worker, whose parent reports what it does. */
  readonly isWorker: boolean;
  readonly trace: TraceFile | null;
}

/** Reads the options. Throws UsageError for invalid or incompatible ones. */
export function settingsOf(args: readonly string[]): Settings {
  const options = parseOptions(args, {
    host: { type: 'string' },
    port: { type: 'string' },
    selector: { type: 'string' },
    api: { type: 'string' },
    blocking: { type: 'boolean' },
    workers: { type: 'string' },
    'is-worker': { type: 'boolean' },
    trace: { type: 'string' },
  });
  const api = choice(options, 'api', APIS) ?? 'sockets';
  const blocking = options['blocking'] === true;
  if (blocking && api === 'async') {
    throw new UsageError("--api async needs Node's own loop: async functions cannot run with --blocking");
  }
  const workers = count(options, 'workers', MAX_WORKERS);
  if (workers > 0 && options['trace'] !== undefined) {
    throw new UsageError('--trace records only this process, which does not serve with --workers: omit one of the two');
  }
  return {
    host: String(options['host'] ?? '127.0.0.1'),
    port: port(options, 'port', 7007),
    api,
    blocking,
    workers,
    isWorker: options['is-worker'] === true,
    selector: chooseSelector(choice(options, 'selector', SELECTORS)),
    trace: traceOf(options),
  };
}

function traceOf(options: Options): TraceFile | null {
  if (options['trace'] === undefined) return null;
  try {
    return new TraceFile(String(options['trace']), '--trace');
  } catch (error) {
    throw error instanceof UnknownFormat ? new UsageError(error.message) : error;
  }
}

/** Returns the name of a selector on the command line. */
export function mechanismOf(selector: Selector): SelectorName {
  if (selector instanceof EpollSelector) return 'epoll';
  return selector instanceof PollSelector ? 'poll' : 'select';
}

/** Returns the command line of a worker for these settings. */
export function workerArguments({ api, blocking, selector }: Settings): string[] {
  return [
    'echo',
    '--is-worker',
    '--selector',
    mechanismOf(selector),
    '--api',
    api,
    ...(blocking ? ['--blocking'] : []),
  ];
}

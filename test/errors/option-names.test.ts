/** Unknown names of options are refused, by one mechanism for all functions. */

import { readFileSync, readdirSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { join } from 'node:path';

import * as main from 'selectloop';
import { openInspector } from 'selectloop/inspect';
import { fromStream, serveHttp } from 'selectloop/node';
import { memoryPair, virtualLoop } from 'selectloop/testing';
import { Recorder, traceRunSync } from 'selectloop/trace';
import { describe, expect, it } from 'vitest';

const { run } = main;

const noProtocol = (): object => ({});
const noHandler = (): void => undefined;

/** Calls a function with one side of a connection, which is closed afterwards. */
function withStreams<T>(action: (streams: main.Streams) => T): T {
  const pair = memoryPair();
  try {
    return action(pair[0]);
  } finally {
    for (const { writer } of pair) writer.close();
  }
}

/** Calls each function with options that it does not have; the functions check them before they do anything. */
const calls: Record<string, (options: never) => unknown> = {
  DatagramBatch: (options) => new main.DatagramBatch(options),
  EventLoop: (options) => new main.EventLoop(options),
  Runner: (options) => new main.Runner(options),
  'Recorder: constructor': (options) => new Recorder(options),
  'Recorder.toHTML': (options) => new Recorder().toHTML(options),
  'Recorder.toText': (options) => new Recorder().toText(options),
  'Recorder.toTrace': (options) => new Recorder().toTrace(options),
  'StreamReader.chunks': (options) => withStreams(({ reader }) => reader.chunks(options)),
  'StreamReader.pipeTo': (options) => withStreams(({ reader, writer }) => reader.pipeTo(writer, options)),
  'StreamReader.read': (options) => withStreams(({ reader }) => reader.read(10, options)),
  StreamReader: (options) => new main.StreamReader(options),
  'StreamWriter.drain': (options) => withStreams(({ writer }) => writer.drain(options)),
  'StreamWriter.startTls': (options) => withStreams(({ writer }) => writer.startTls(options)),
  WorkerPool: (options) => new main.WorkerPool(options),
  'Transport.abort': (options) => withStreams(({ writer }) => writer.transport.abort(options)),
  asCompleted: (options) => main.asCompleted([main.sleep(0)], options),
  createConnection: (options) => main.createConnection(noProtocol, 'localhost', 1, options),
  createDatagramEndpoint: (options) => main.createDatagramEndpoint(noProtocol as never, options),
  createServer: (options) => main.createServer(noProtocol, 'localhost', 0, options),
  createSubprocess: (options) => main.createSubprocess('true', [], options),
  createUnixConnection: (options) => main.createUnixConnection(noProtocol, '/nowhere', options),
  createUnixServer: (options) => main.createUnixServer(noProtocol, '/nowhere', options),
  fromStream: (options) => fromStream(process.stdin, options),
  gather: (options) => main.gather([], options),
  getaddrinfo: (options) => main.getaddrinfo('localhost', 1, options),
  getnameinfo: (options) => main.getnameinfo({ host: '127.0.0.1', port: 1 }, options),
  'Lock.acquire': (options) => new main.Lock().acquire(options),
  openConnection: (options) => main.openConnection('localhost', 1, options),
  openInspector: (options) => openInspector(main.getRunningLoop(), options),
  openUnixConnection: (options) => main.openUnixConnection('/nowhere', options),
  'Queue.get': (options) => new main.Queue().get(options),
  sendfile: (options) => withStreams(({ writer }) => main.sendfile(writer.transport, 0, options)),
  serveHttp: (options) => serveHttp(createHttpServer(), 'localhost', 0, options),
  serveWorkers: (options) => main.serveWorkers(1, '/nowhere', options),
  sleep: (options) => main.sleep(0, null, options),
  startServer: (options) => main.startServer(noHandler, 'localhost', 0, options),
  startUnixServer: (options) => main.startUnixServer(noHandler, '/nowhere', options),
  taskGroup: (options) => main.taskGroup(function* () {}, options),
  timeout: (options) => main.timeout(1, function* () {}, options),
  traceRunSync: (options) => traceRunSync(function* () {}, options),
  virtualLoop: (options) => virtualLoop(options),
  wait: (options) => main.wait([new main.Future()], options),
  waitFor: (options) => main.waitFor(main.sleep(0), 1, options),
  waitReadable: (options) => main.waitReadable(0, options),
};

/** Interfaces that others extend. */
const PARTS = ['BindOptions', 'ConnectOptions', 'ServeOptions', 'TlsConnectOptions', 'TlsServeOptions'];

/** Options that are not checked: those that Node gets, and those of calls that are too frequent. */
const UNCHECKED = [
  ...['ConnectDuplexOptions'],
  ...['FutureOptions', 'RecvMsgOptions', 'SendFileOptions', 'SendMsgOptions', 'TaskOptions'],
];

function codeAndMessage(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return [code, message.replace(/^.*: expected/, 'expected')];
  }
}

describe('an option that a function does not have', () => {
  it.each(Object.keys(calls))('is refused by %s', (name) =>
    run(async () => {
      const unknown = { zzz: 1 } as never;
      expect(codeAndMessage(() => calls[name]!(unknown))).toEqual([
        'ERR_UNKNOWN_OPTION',
        expect.stringMatching(/^expected (one of \w+, [\w, ]+|no option but \w+), got "zzz"$/),
      ]);
      await main.sleep(0);
    }),
  );

  it.each([
    ['startServer', 'backlogs', '; did you mean "backlog"?'],
    ['startServer', 'MaxConnections', '; did you mean "maxConnections"?'],
    ['wait', 'timeout', '; did you mean "timeoutMs"?'],
    ['wait', 'timeOutMs', '; did you mean "timeoutMs"?'],
    ['asCompleted', 'timoutMs', '; did you mean "timeoutMs"?'],
    ['createConnection', 'timeoutMs', '; to limit the time, use timeout() or waitFor()'],
    ['sleep', 'Signal', '; did you mean "signal"?'],
  ])('of %s, %s, comes with a suggestion if one is like it', (name, key, hint) =>
    run(async () => {
      const [code, message] = codeAndMessage(() => calls[name]!({ [key]: 1 } as never)) as string[];
      expect(code).toBe('ERR_UNKNOWN_OPTION');
      expect(message!.endsWith(`, got "${key}"${hint}`)).toBe(true);
      await main.sleep(0);
    }),
  );

  it('is not refused if it is undefined, or a property of the prototype, and an AbortSignal in place of options is', () =>
    run(async () => {
      await main.sleep(0, null, Object.create({ zzz: 1 }) as object);
      await main.sleep(0, null, { zzz: undefined } as object);
      expect(() => main.sleep(0, null, new AbortController().signal as object)).toThrow(
        'sleep: options: expected an object of options such as { signal }, got an object of class AbortSignal',
      );
    }));
});

it('every interface of options is checked by this mechanism', () => {
  const files = readdirSync('lib', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const text = files.map((file) => readFileSync(join('lib', file), 'utf8')).join('\n');
  const index = readdirSync('lib', { recursive: true, encoding: 'utf8' })
    .filter((file) => /^(\w+\/)?index\.ts$/.test(file))
    .map((file) => readFileSync(join('lib', file), 'utf8'))
    .join('\n');
  const declared = [...text.matchAll(/^export interface (\w+Options)\b/gm)].map(([, name]) => name!);
  const isPublic = (name: string): boolean => new RegExp(`\\b${name}\\b`).test(index);
  const unchecked = declared.filter((name) => isPublic(name) && !new RegExp(`optionNames<${name}[<>]`).test(text));
  expect(new Set(unchecked)).toEqual(new Set([...PARTS, ...UNCHECKED]));
});

// Real input and output: two local servers send a number each, and two clients read and add them. All of it in one thread.
// Watch "readable wake-up": with an empty queue the loop sleeps in the selector, until a socket is ready and completes its future.
// These are the parts of an event loop: a queue of callbacks, a selector, and futures that connect the two.

import { DefaultSelector, EVENT_READ } from 'selectloop/selectors';
import { Socket } from 'selectloop/sockets';

import { program } from '../support/program.js';
import { polled, scheduled, stepped, ticked, waiting } from '../support/show.js';

const LOCALHOST = '127.0.0.1';

type Steps<T> = Generator<Future | undefined, T, unknown>;

/** A queue of callbacks, and a selector in which the loop sleeps when the queue is empty. */
class Loop {
  private ready: Array<{ name: string; callback: () => void }> = [];
  private readonly selector = new DefaultSelector<Future<void>>();
  private stopping = false;
  private tick = 0;

  callSoon(name: string, callback: () => void): void {
    this.ready.push({ name, callback: scheduled(name, callback) });
  }

  stop(): void {
    this.stopping = true;
  }

  /** Returns a future that completes when the socket is ready. */
  whenReady(socket: Socket, events: number, name: string): Future<void> {
    const future = new Future<void>(name);
    this.selector.register(socket, events, future);
    return future;
  }

  /** Completes the futures of the sockets that are ready. With an empty queue, waits until at least one is. */
  private select(): void {
    if (this.ready.length === 0 && this.selector.getMap().size === 0) {
      throw new Error('deadlock: every task waits, and nothing can wake one');
    }
    for (const [key] of polled(this.selector, this.ready.length > 0 ? 0 : null)) {
      this.selector.unregister(key.fileobj);
      key.data.setResult(undefined);
    }
  }

  close(): void {
    this.selector.close();
  }

  run(): void {
    while (!this.stopping) {
      this.select();
      const snapshot = this.ready;
      this.ready = [];
      this.tick += 1;
      ticked(this.tick);
      console.log(`Loop step ${this.tick} [${snapshot.map(({ name }) => name).join(', ')}]`);
      for (const { callback } of snapshot) callback();
    }
  }
}

let loop = new Loop();

class Future<T = unknown> {
  private outcome: { result: T } | { error: unknown } | null = null;
  private callbacks: Array<{ name: string; callback: () => void }> = [];

  constructor(readonly name: string) {}

  result(): T {
    if (this.outcome === null) throw new Error(`${this.name} has no result yet`);
    if ('error' in this.outcome) throw this.outcome.error;
    return this.outcome.result;
  }

  setResult(result: T): void {
    this.settle({ result });
  }

  setException(error: unknown): void {
    this.settle({ error });
  }

  addDoneCallback(name: string, callback: () => void): void {
    if (this.outcome === null) this.callbacks.push({ name, callback });
    else loop.callSoon(name, callback);
  }

  *[Symbol.iterator](): Steps<T> {
    yield waiting(this);
    return this.result();
  }

  private settle(outcome: { result: T } | { error: unknown }): void {
    if (this.outcome !== null) throw new Error(`${this.name} has a result already`);
    this.outcome = outcome;
    for (const { name, callback } of this.callbacks) loop.callSoon(name, callback);
  }
}

class Task<T = unknown> extends Future<T> {
  constructor(
    name: string,
    private readonly coroutine: Steps<T>,
  ) {
    super(name);
    this.scheduleStep();
  }

  private scheduleStep(): void {
    loop.callSoon(`${this.name} step`, () => this.step());
  }

  private step(): void {
    try {
      const { done, value } = stepped(this, () => this.coroutine.next());
      if (done === true) this.setResult(value);
      else if (value === undefined) this.scheduleStep();
      else value.addDoneCallback(`${value.name} wake-up`, () => this.scheduleStep());
    } catch (error) {
      this.setException(error);
    }
  }
}

/** Runs a coroutine as the root task, and returns its result or throws its error. */
function run<T>(coroutine: Steps<T>): T {
  loop = new Loop();
  const root = new Task('initial', coroutine);
  root.addDoneCallback('initial done', () => loop.stop());
  try {
    loop.run();
    return root.result();
  } finally {
    loop.close();
  }
}

/** Serves one connection: sends a number and closes it. */
function* serve(listener: Socket, value: number): Steps<void> {
  yield* loop.whenReady(listener, EVENT_READ, `listener ${value} readable`);
  using connection = listener.accept().socket;
  connection.sendAll(Buffer.from(String(value)));
}

/** Connects, reads to the end of the stream, and returns the number that was sent. */
function* load(port: number, name: string): Steps<number> {
  using socket = new Socket();
  socket.setBlocking(false);
  socket.connectEx({ host: LOCALHOST, port }); // only starts to connect; a failure would appear at the first recv
  let text = '';
  for (;;) {
    yield* loop.whenReady(socket, EVENT_READ, `${name} readable`);
    const data = socket.recv(1024);
    if (data.length === 0) return Number(text);
    text += String(data);
  }
}

/** Opens a listening socket on a free port, and starts a task that serves it. */
function startServer(value: number): { listener: Socket; port: number } {
  const listener = new Socket();
  listener.bind({ host: LOCALHOST, port: 0 });
  listener.listen();
  new Task(`server ${value}`, serve(listener, value));
  return { listener, port: (listener.getsockname() as { port: number }).port };
}

function* root(): Steps<number> {
  const [one, two] = [startServer(1), startServer(2)];
  using _first = one.listener;
  using _second = two.listener;
  const x = new Task('X', load(one.port, 'X'));
  const y = new Task('Y', load(two.port, 'Y'));
  return (yield* x) + (yield* y);
}

export function main(): void {
  console.log(`result: ${run(root())}`);
}

await program(import.meta, main);

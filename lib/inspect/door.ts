/**
 * The door of a loop: a UNIX socket by which viewers connect.
 *
 * Until the first viewer connects, a door is one descriptor in the loop's selector, and nothing runs. The first connection starts the
 * inspector thread, which then owns the socket. (Starting it with the door would cost every program 10 MB and some 100 ms of CPU time.
 * The price of waiting: a loop that is stuck before its first viewer does not accept one. A door with `thread: true` always does.)
 *
 * The thread posts requests to a message port and rings the bell, an eventfd in the loop's selector; the loop then takes them with
 * `receiveMessageOnPort`. So nothing is polled, and it works in a blocking loop, where message events do not arrive. Both descriptors are
 * internal ones: they do not keep the loop running, and `statistics()` does not count them.
 */

import { existsSync } from 'node:fs';
import { url } from 'node:inspector';
import { join, sep } from 'node:path';
import { MessageChannel, type MessagePort, Worker, isMainThread, receiveMessageOnPort } from 'node:worker_threads';

import { LoopError } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import { packageRoot } from '../loop/package-root.js';
import { Wakeup } from '../loop/wakeup.js';
import { makeDirectory, remove, removeStale } from './directory.js';
import { ownHello } from './hello.js';
import { levelsOf } from './levels.js';
import { type DoorSocket, openDoorSocket } from './listener.js';
import { answerTo } from './orders.js';
import { PausedClock } from './paused-clock.js';
import type { TableName, ThreadLine } from './protocol.js';
import { Stops } from './stops.js';
import { cancelTask } from './tasks.js';
import { type TableOrder, type ThreadData, ThreadState, type ToLoop, type ToThread, Word } from './shared.js';

/** How long the loop waits at its end until the thread has closed its descriptors. It takes a millisecond. */
const END_MS = 1000;

/** The program of the thread. The tests, which run the sources, take it from the build also. */
const THREAD_FILE = join(packageRoot, 'dist/inspect/thread.js');

/** Where the library's own code is. */
const LIBRARY = ['dist', 'lib'].map((name) => join(packageRoot, name) + sep);

/** The open doors of this thread, whose sockets are removed when it ends. */
const openDoors = new Set<Door>();

const removeSockets = (): void => {
  for (const door of openDoors) remove(door.path);
};

/** The thread behind a door, and what connects the loop with it. */
interface Behind {
  readonly worker: Worker;
  readonly port: MessagePort;
  readonly bell: Wakeup;
}

/** A door, and the thread behind it. */
export class Door {
  private readonly made: DoorSocket;
  private readonly words = new Int32Array(new SharedArrayBuffer(4 * Word.Count));
  private behind: Behind | null = null;
  /** How long it took to post the last answer with each table, in milliseconds. */
  private readonly postMs = new Map<TableName, number>();
  /** Null until a viewer may control the loop. */
  private stops: Stops | null = null;
  private closed = false;

  /** @throws LoopError ERR_INSPECTOR_UNAVAILABLE; OSError if no descriptor is left, or from the file system */
  constructor(private readonly loop: LoopCore) {
    if (!existsSync(THREAD_FILE)) {
      throw new LoopError('ERR_INSPECTOR_UNAVAILABLE', `expected the file ${THREAD_FILE} of the package, got none`);
    }
    this.made = openDoorSocket(makeDirectory());
    const { socket } = this.made;
    try {
      loop._descriptors.addInternal(socket.fileno(), () => this.firstConnection(), 'inspector');
    } catch (error) {
      remove(this.path);
      socket.close();
      throw error;
    }
    loop._closeHooks.push(() => this.close('the loop is closed'));
    if (openDoors.size === 0) process.on('exit', removeSockets);
    openDoors.add(this);
    removeStale();
  }

  /** Such as `4711-1`: the process, and the number of the door in it. */
  get name(): string {
    return this.made.name;
  }

  /** The socket. */
  get path(): string {
    return this.made.path;
  }

  get isClosed(): boolean {
    return this.closed;
  }

  /** Lets every viewer control the loop. @param stop stops it at its next iteration, until a viewer lets it run */
  allowControl(stop = false): void {
    const stops = this.controlled();
    Atomics.store(this.words, Word.Control, 1);
    if (!stop) return;
    levelsOf(this.loop).places = true; // a person steps: what lines cost does not matter
    stops.obey({ do: 'pause', rate: 1, limitMs: 0 });
  }

  /** Returns the stops of the loop. From the first time on, its clock stands still while it is stopped. */
  private controlled(): Stops {
    if (this.stops === null) {
      const { loop, words } = this;
      const clock = new PausedClock(loop._clock);
      loop._clock = clock;
      const report = (line: ThreadLine): void => this.send({ line });
      this.stops = new Stops(loop, clock, { words, takeOrders: () => this.takeOrders(), report });
    }
    return this.stops;
  }

  /** Starts the inspector thread now, so that it also answers while the loop is stuck. Idempotent. @throws OSError EMFILE */
  startThread(): void {
    if (this.behind !== null || this.closed) return;
    const { made, words, loop } = this;
    const bell = new Wakeup();
    const { port1: port, port2 } = new MessageChannel();
    const listener = made.socket.fileno();
    const library = isMainThread && url() === undefined ? LIBRARY : null;
    const data: ThreadData = { listener, bell: bell.fd, port: port2, words, library, hello: ownHello(made.name) };
    let worker: Worker;
    try {
      loop._descriptors.addInternal(bell.fd, () => this.rung(), 'inspector');
      worker = new Worker(THREAD_FILE, {
        ...{ name: 'selectloop inspector', workerData: data, transferList: [port2] },
        // Nothing of the program's: no modules to preload, no environment, no output.
        ...{ argv: [], execArgv: [], env: {}, stdout: true, stderr: true },
      });
    } catch (error) {
      loop._descriptors.removeInternal(bell.fd);
      bell.close();
      port.close();
      throw error;
    }
    this.behind = { worker, port, bell };
    loop._descriptors.removeInternal(listener);
    worker.unref();
    worker.on('error', () => undefined); // 'exit' follows
    worker.on('exit', () => this.close('the inspector thread has ended')); // it could not start
  }

  /** Closes the door: disconnects the viewers, removes the socket, ends the thread. Idempotent. */
  close(reason: string): void {
    if (this.closed) return;
    this.closed = true;
    const { made, loop, behind, words } = this;
    levelsOf(loop).set('look');
    levelsOf(loop).places = false;
    this.stops?.release();
    remove(made.path);
    openDoors.delete(this);
    if (openDoors.size === 0) process.removeListener('exit', removeSockets);
    if (behind === null) {
      made.socket.close();
      return;
    }
    const { worker, port, bell } = behind;
    loop._descriptors.removeInternal(bell.fd);
    const before = Atomics.compareExchange(words, Word.State, ThreadState.Starting, ThreadState.Refused);
    if (before === ThreadState.Starting) {
      made.socket.close(); // still ours
      void worker.terminate();
    } else {
      made.socket.detach();
      port.postMessage({ end: reason } satisfies ToThread);
      // A blocking loop gets no event of the thread's end, and its descriptors are to be closed when this returns.
      Atomics.wait(words, Word.State, ThreadState.Running, END_MS);
    }
    port.close();
    // Unless it ended, the thread may still ring, and another file could have the number of the bell by then.
    if (Atomics.load(words, Word.State) !== ThreadState.Running) bell.close();
  }

  /** The first viewer connects. If the thread cannot be started, the door closes; the program is not affected. */
  private firstConnection(): void {
    try {
      this.startThread();
    } catch (error) {
      this.close((error as Error).message);
    }
  }

  /** The thread has orders. */
  private rung(): void {
    this.behind?.bell.drain();
    this.takeOrders();
  }

  private takeOrders(): void {
    const { behind } = this;
    let received: { message: ToLoop } | undefined;
    while (behind !== null && !this.closed && (received = receiveMessageOnPort(behind.port)) !== undefined) {
      this.take(received.message);
    }
  }

  private take(order: ToLoop): void {
    const { loop, stops } = this;
    if ('level' in order) {
      levelsOf(loop).set(order.level);
      stops?.stopAfterOthers();
    } else if ('allow' in order) this.controlled();
    else if (!('control' in order)) {
      this.answer(order);
    } else if (order.control === null) stops?.release();
    else if ('do' in order.control) stops?.obey(order.control);
    else if ('break' in order.control) stops?.break(order.control.break);
    else cancelTask(loop, order.control.cancelTask);
  }

  /** To post an answer can take as long as to make it: what it has taken is in the time of the next one. */
  private answer(order: TableOrder): void {
    const startMs = performance.now();
    const answer = answerTo(this.loop, order);
    const madeMs = performance.now();
    const { table, id } = order;
    const tookMs = madeMs - startMs + (this.postMs.get(table) ?? 0);
    this.send(
      { id, ...answer, tookMs },
      answer.events?.map(({ buffer }) => buffer),
    );
    this.postMs.set(table, performance.now() - madeMs);
  }

  private send(message: ToThread, moved: readonly ArrayBuffer[] = []): void {
    this.behind?.port.postMessage(message, moved);
  }
}

/** Tests what a viewer sees of a loop, in both modes and on three selectors, and that a door changes nothing for the program. */

import { readdirSync } from 'node:fs';

import {
  DeadlockError,
  Future,
  Lock,
  type Steps,
  type StreamReader,
  type Task,
  createTask,
  gather,
  getRunningLoop,
  newEventLoop,
  openConnection,
  runSync,
  sleep,
  startServer,
} from 'selectloop';
import { type Inspector, type InspectorOptions, openInspector } from 'selectloop/inspect';
import { describe, expect, it } from 'vitest';

import { everyLoop } from '../support/every-loop.js';
import { collectErrors, openLoop } from '../support/loops.js';
import { TestViewer } from './viewer.js';

function* child(name: string): Steps<string> {
  yield* sleep(60_000);
  return name;
}

/** Tasks that wait in several ways, also for each other. */
function* program(): Steps<void> {
  const lock = new Lock();
  yield* lock.acquire();
  createTask(() => lock.acquire(), { name: 'locked' });
  const one = createTask(() => child('one'), { name: 'child 1' });
  const two = createTask(() => child('two'), { name: 'child 2' });
  createTask(function* parent(): Steps<void> {
    yield* gather([one, two]);
  });
  createTask(function* late(): Steps<void> {
    yield* one;
  });
  yield* sleep(0);
}

/** Runs `body` blocking, with a door, and closes what is left. */
function withDoor(body: (door: Inspector) => Steps<void>, options: InspectorOptions = {}): void {
  runSync(function* (): Steps<void> {
    const loop = getRunningLoop();
    collectErrors(loop); // viewers that a test leaves connected
    yield* body(openInspector(loop, options));
  });
}

const threads = (): number => readdirSync('/proc/self/task').length;

describe.each(everyLoop)('a door of a loop on $name', ({ runOn, selector, hosted }) => {
  it('shows tasks, their tree, sockets and counters, and is gone after the loop has closed', async () => {
    const before = threads();
    const loop = newEventLoop({ selector });
    collectErrors(loop); // the viewer and the clients stay connected until the loop closes
    let path = '';
    await runOn(loop, function* () {
      const idle = loop.statistics();
      const door = openInspector(loop);
      ({ path } = door);
      expect(loop.statistics()).toMatchObject({ readers: idle.readers, writers: idle.writers, tasks: idle.tasks });
      yield* program();
      const server = yield* startServer(
        function* (reader: StreamReader): Steps<void> {
          yield* reader.readline();
        },
        '127.0.0.1',
        0,
      );
      const { host, port } = server.sockets[0]!.getsockname() as { host: string; port: number };
      const { writer } = yield* openConnection(host, port);
      writer.write(Buffer.from('hello'));

      const viewer = yield* TestViewer.connect(path);
      expect(yield* viewer.next('hello')).toMatchObject({
        hello: 1,
        pid: process.pid,
        door: door.name,
        control: false,
      });
      const { rows, total } = yield* viewer.ask('tasks');
      expect(total).toBe(loop._tasks.size);
      const named = Object.fromEntries(rows.map((row) => [row.name, row]));
      expect(named['locked']).toMatchObject({ state: 'waiting', waits: 'Lock', place: null });
      expect(named['child 1']?.waits).toMatch(/^sleep, (60\.0|[345]\d\.\d) s left$/);

      const tree = yield* viewer.ask('tree');
      const lines = tree.rows.map(({ depth, name, function: fn, mark }) => `${depth} ${name} ${fn} ${mark}`);
      const parent = lines.findIndex((line) => line.includes('parent()'));
      expect(lines.slice(parent, parent + 5).map((line) => line.replace(/Task-\d+ /, ''))).toEqual([
        ...['0 parent() ', '1 child 1 anonymous() ', '1 child 2 anonymous() '],
        ...['0 late() ', '1 child 1 anonymous() above'],
      ]);

      const sockets = yield* viewer.ask('sockets', { filter: `127.0.0.1:${port}` });
      expect(sockets.rows.map(({ kind, state }) => `${kind} ${state}`).sort()).toEqual([
        'tcp ESTABLISHED',
        'tcp ESTABLISHED',
        'tcp listener LISTEN',
      ]);
      expect(sockets.rows.map((row) => row.in)).toContain(5);
      expect(sockets.rows.map(({ out }) => out)).toContain(5);
      expect(sockets.rows.find(({ kind }) => kind === 'tcp')).toMatchObject({ buffered: 0, reading: true, tls: null });

      expect(yield* viewer.ask('loop')).toMatchObject({ hosted, statistics: { tasks: loop._tasks.size } });
      yield* viewer.close();
      writer.close();
      server.close();
    });
    await expect.poll(threads, { timeout: 5000 }).toBe(before);
    expect(() => readdirSync(path)).toThrow('ENOENT');
  });
});

describe('a door', () => {
  it('asks the engine for lines only if the viewer wants them, and filters, sorts and limits at the source', () => {
    withDoor(function* ({ path }) {
      yield* program();
      const viewer = yield* TestViewer.connect(path);
      const { rows } = yield* viewer.ask('tasks', { filter: 'SLEEP', places: true });
      const place = expect.stringMatching(/door\.test\.ts:\d+:\d+$/) as string;
      expect(rows.map((row) => row.place)).toEqual([place, place]);
      const sorted = yield* viewer.ask('tasks', { sort: '-name', limit: 1 });
      expect(sorted).toMatchObject({ total: 6, matching: 6, rows: [{ name: 'locked' }] });
    });
  });

  it('marks tasks that wait for each other as a cycle', () => {
    withDoor(function* ({ path }) {
      const gate = new Future<void>();
      const tasks: Task[] = ['a', 'b'].map((name, i) =>
        createTask(
          function* () {
            yield* gate;
            yield* tasks[1 - i]!;
          },
          { name },
        ),
      );
      gate.setResult();
      yield* sleep(0);
      yield* sleep(0);
      const viewer = yield* TestViewer.connect(path);
      const { rows } = yield* viewer.ask('tree', { filter: '' });
      const cycle = rows.filter(({ name }) => name === 'a' || name === 'b');
      expect(cycle.map(({ depth, name, mark }) => `${depth} ${name} ${mark}`)).toEqual(['0 a ', '1 b ', '2 a cycle']);
    });
  });

  it('does not keep a loop from finding that nothing can wake it', () => {
    const main = function* (): Steps<void> {
      openInspector(getRunningLoop());
      yield* new Future<void>();
    };
    expect(() => runSync(main)).toThrow(DeadlockError);
  });

  it('stays open until each of its handles is closed, and opens again', () => {
    using loop = openLoop();
    const first = openInspector(loop);
    const second = openInspector(loop, {});
    expect(second.path).toBe(first.path);
    first.close();
    first.close();
    expect(readdirSync(second.path.replace(/\/[^/]+$/, ''))).toContain(`${second.name}.sock`);
    second[Symbol.dispose]();
    expect(readdirSync(second.path.replace(/\/[^/]+$/, ''))).not.toContain(`${second.name}.sock`);
    using third = openInspector(loop);
    expect(third.name).not.toBe(first.name);
  });

  it('says goodbye to its viewers when it closes, and answers nobody who says another version', () => {
    withDoor(
      function* (door) {
        const old = yield* TestViewer.connect(door.path, '{"hello":2}');
        expect(yield* old.next('bye')).toContain('version 1');
        expect(yield* old.line()).toBeNull();
        const viewer = yield* TestViewer.connect(door.path);
        expect(yield* viewer.next('hello')).toMatchObject({ control: true });
        door.close();
        expect(yield* viewer.next('bye')).toBe('the program has closed the door');
        expect(yield* viewer.line()).toBeNull();
      },
      { thread: true, control: true },
    );
  });

  it('answers wrong lines with an error, and ends the connection after an endless one', () => {
    withDoor(function* (door) {
      const viewer = yield* TestViewer.connect(door.path, null);
      viewer.write(Buffer.from([0xff, 0xfe, 0x00, 0x0a]));
      expect(yield* viewer.next('error')).toBe('expected a line of JSON');
      const wrong: Array<[object, string]> = [
        [{ want: ['tasks'] }, 'expected hello first'],
        [[], 'expected a JSON object'],
        [
          { evaluate: '1 + 1' },
          'unknown request: expected one of hello, want, level, do, break, cancelTask, got "evaluate"',
        ],
      ];
      for (const [request, message] of wrong) {
        viewer.send(request);
        expect(yield* viewer.next('error')).toBe(message);
      }
      viewer.send({ hello: 1, unknown: true });
      yield* viewer.next('hello');
      const refused: Array<[object, string]> = [
        [{ want: 'tasks' }, 'want: expected an array of loop, lag, trace, tasks, tree, sockets'],
        [{ want: ['__proto__'] }, 'want: expected an array of loop, lag, trace, tasks, tree, sockets'],
        [{ want: ['tasks'], sort: 'fd' }, expect.stringMatching(/^sort: expected one of id, name/) as string],
        [{ want: ['tasks'], limit: 0 }, 'limit: expected an integer from 1 to 10000'],
        [{ want: ['tasks'], filter: 1 }, 'filter: expected a string of at most 1000 characters'],
        [{ want: ['tasks'], everyMs: 0.5 }, 'everyMs: expected an integer from 0 to 3600000'],
        [{ level: 'all' }, 'level: expected one of look, measure, record'],
        [{ do: 'jump' }, 'do: expected one of pause, step, iteration, run, slow'],
        [{ do: 'slow', rate: 0 }, 'rate: expected an integer from 1 to 1000'],
        [{ do: 'pause' }, 'this viewer can only look: expected "control": true in its hello'],
        [{ break: {} }, 'break: expected an array of at most 100 breakpoints'],
        [{ break: [null] }, expect.stringMatching(/^break: on: expected one of ready, resumes/) as string],
        [{ break: [{ on: 'slow' }] }, 'ms: expected an integer from 0 to 1000000000'],
        [{ break: [{ on: 'fails', task: 1 }] }, 'break: task: expected a string'],
        [{ cancelTask: 0 }, expect.stringMatching(/^cancelTask: expected an integer from 1/) as string],
        [{ hello: 'x' }, expect.stringMatching(/^hello: expected an integer/) as string],
      ];
      for (const [request, message] of refused) {
        viewer.send(request);
        expect(yield* viewer.next('error')).toEqual(message);
      }
      viewer.write('x'.repeat(70_000));
      expect(yield* viewer.next('bye')).toBe('a line is longer than 65536 characters');
    });
  });

  it('measures handles, iterations and tasks while a viewer asks for it', () => {
    withDoor(function* (door) {
      const loop = getRunningLoop();
      const viewer = yield* TestViewer.connect(door.path);
      viewer.send({ want: ['lag'] });
      expect(yield* viewer.lineWith('lag')).toEqual({ lag: null });
      expect(loop._instrument).toBeNull();
      viewer.send({ level: 'measure' });
      expect(yield* viewer.next('level')).toBe('measure');
      expect(yield* viewer.ask('loop')).toBeDefined(); // by then the loop has taken the order before it
      const done = new Future<void>();
      createTask(
        function* busy(): Steps<void> {
          for (let i = 0; i < 3; i += 1) {
            const endMs = performance.now() + 20;
            while (performance.now() < endMs);
            yield* sleep(1);
          }
          done.setResult();
          yield* sleep(60_000);
        },
        { name: 'busy' },
      );
      yield* done;
      const { rows } = yield* viewer.ask('tasks', { filter: 'busy' });
      expect(rows[0]).toMatchObject({ steps: 4 });
      expect(rows[0]?.busy).toBeGreaterThan(60);
      const lag = yield* viewer.ask('lag', { places: true });
      // On a busy machine, other handles may be as slow.
      const busy = lag?.slowest.filter(({ task, ms }) => task === 'busy busy()' && ms > 20);
      expect(busy?.length).toBeGreaterThanOrEqual(3);
      expect(busy?.[0]?.place).toMatch(/door\.test\.ts:\d+:\d+$/);
      const long = (counts: readonly number[] = []): number => counts.slice(28).reduce((a, b) => a + b, 0); // 16 ms
      expect(long(lag?.handles)).toBeGreaterThanOrEqual(3);
      expect(long(lag?.iterations)).toBeGreaterThanOrEqual(3);
      yield* viewer.close();
      const second = yield* TestViewer.connect(door.path);
      while (loop._instrument !== null) yield* second.ask('loop'); // until the thread has noticed that the first has left
    });
  });

  it('lets one viewer control the loop while others only look', () => {
    withDoor(function* (door) {
      const onlooker = yield* TestViewer.connect(door.path);
      expect(yield* onlooker.next('hello')).toMatchObject({ control: false });
      const viewer = yield* TestViewer.connect(door.path, '{"hello":1,"control":true}');
      expect(yield* viewer.next('hello')).toMatchObject({ control: true });
      const breakpoints = [{ on: 'iteration', number: 1e9 }];
      viewer.send({ break: breakpoints });
      expect(yield* onlooker.next('breakpoints')).toEqual(breakpoints);
      onlooker.send({ break: [] });
      expect(yield* onlooker.next('error')).toMatch(/^this viewer can only look/);
      yield* viewer.close();
      expect(yield* onlooker.next('breakpoints')).toEqual([]);
    });
  });

  it('shows the state of the loop without instruments, and what it has done while it records', () => {
    withDoor(function* (door) {
      const loop = getRunningLoop();
      yield* program();
      const viewer = yield* TestViewer.connect(door.path);
      const still = yield* viewer.ask('trace');
      expect(loop._instrument).toBeNull();
      const [keyframe] = still.keyframes;
      expect(keyframe?.state.tasks).toHaveLength(loop._tasks.size);
      expect(keyframe?.state.heap).toHaveLength(2);
      expect(Object.values(still.names).map(({ name }) => name)).toContain('locked');
      viewer.send({ level: 'record' });
      while ((yield* viewer.ask('trace')).events.length < 100) yield* sleep(0);
      yield* viewer.close();
    });
  });

  it('repeats an answer until the viewer leaves without a word, and then serves the next one', () => {
    withDoor(function* (door) {
      const viewer = yield* TestViewer.connect(door.path);
      viewer.send({ want: ['loop'], everyMs: 100 });
      const first = yield* viewer.next('loop');
      const second = yield* viewer.next('loop');
      expect(second.atMs - first.atMs).toBeGreaterThan(50);
      yield* viewer.close();
      const next = yield* TestViewer.connect(door.path);
      expect(yield* next.ask('loop')).toBeDefined();
    });
  });
});

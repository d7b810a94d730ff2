/** Tests the text of traces exactly, in virtual time. */

import {
  type EventLoop,
  type Steps,
  createTask,
  gather,
  getRunningLoop,
  sleep,
  sockAccept,
  sockConnect,
  sockRecv,
  sockSendAll,
  timeout,
} from 'selectloop';
import { virtualLoop as jumpingLoop } from 'selectloop/testing';
import { Recorder, traceRun, traceRunSync } from 'selectloop/trace';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { everyLoop } from '../support/every-loop.js';
import { collectErrors, openLoop, runUntilQuiet } from '../support/loops.js';
import { Opened } from '../support/sockets.js';
import { type VirtualLoop, virtualLoop } from '../support/virtual-time.js';

/** Removes iterations in which nothing ran: a hosted loop has some that libuv causes when V8 collects garbage. */
function withoutIdleIterations(text: string): string {
  return text.replace(/^#\d+ .*ran: nothing.*\n/gm, '').replace(/^#\d+/gm, '#');
}

/** Renumbers tasks by first appearance: their numbers count through the whole process. */
function renumbered(text: string): string {
  const names = new Map<string, string>();
  return text.replace(/Task-\d+/g, (name) => {
    if (!names.has(name)) names.set(name, `Task-${names.size + 1}`);
    return names.get(name) as string;
  });
}

let virtual: VirtualLoop;
let recorder: Recorder;
let loop: EventLoop;
beforeEach(() => {
  virtual = virtualLoop({ startMs: 5000 });
  loop = virtual.loop;
  recorder = new Recorder();
  loop.addInstrument(recorder);
});
afterEach(() => {
  collectErrors(loop); // these tests leave tasks pending, which the loop would report
  virtual[Symbol.dispose]();
});

const textOf = (): string => renumbered(recorder.toText());

describe('the text of a trace', () => {
  it('shows the timeout and the duration of select, the callbacks that ran, and the remaining timers', () => {
    loop.callSoon(function tick() {
      virtual.clock.advance(0.5);
    });
    loop.callLater(5, function tock() {
      loop.callLater(100, () => {}).cancel();
    });
    loop.callLater(20, () => {});
    loop.runOnce();
    loop.runOnce();
    loop.runOnce(1);
    expect(textOf()).toBe(`\
#0 at 0.00 ms | before the first iteration | timers left: 2
    outside of handles: set timer tock() due at 5.00 ms; set timer anonymous() due at 20.00 ms
#1 at 0.00 ms | select 0 ms (a handle is ready), waited 0.00 ms | descriptors ready: none | ran: callback tick() | timers left: 2
    callback tick(): ran (took 0.50 ms)
#2 at 0.50 ms | select at most 4.50 ms (first timer), waited 4.50 ms | descriptors ready: none | ran: timer tock() | timers left: 1
    timer tock(): set timer anonymous() due at 105.00 ms; cancelled timer anonymous() due at 105.00 ms (took 0.00 ms)
#3 at 5.00 ms | select at most 1.00 ms (runOnce), waited 1.00 ms | descriptors ready: none | ran: nothing | timers left: 1
`);
  });

  it('shows what each task waits for, what resumed it, and how it ended', () => {
    collectErrors(loop);
    loop.createTask(function* main() {
      const child = createTask(
        function* work() {
          yield;
          yield* sleep(10);
          throw new RangeError('too much');
        },
        { name: 'child' },
      );
      try {
        yield* child;
      } catch {
        return;
      }
    });
    for (let i = 0; i < 5; i += 1) loop.runOnce();
    expect(textOf()).toBe(`\
#0 at 0.00 ms | before the first iteration | timers left: 0
    outside of handles: created task 'Task-1' main()
#1 at 0.00 ms | select 0 ms (a handle is ready), waited 0.00 ms | descriptors ready: none | ran: task 'Task-1' | timers left: 0
    task 'Task-1' main() begins; created task 'child' work(); waits for: task 'child' (took 0.00 ms)
#2 at 0.00 ms | select 0 ms (a handle is ready), waited 0.00 ms | descriptors ready: none | ran: task 'child' | timers left: 0
    task 'child' work() begins; yields (took 0.00 ms)
#3 at 0.00 ms | select 0 ms (a handle is ready), waited 0.00 ms | descriptors ready: none | ran: task 'child' | timers left: 1
    task 'child' work() resumes; waits for: sleep until 10.00 ms (took 0.00 ms)
#4 at 0.00 ms | select at most 10.00 ms (first timer), waited 10.00 ms | descriptors ready: none | ran: task 'child' | timers left: 0
    task 'child' work() resumes after: sleep; is done: failed with RangeError: too much (took 0.00 ms)
#5 at 10.00 ms | select 0 ms (a handle is ready), waited 0.00 ms | descriptors ready: none | ran: task 'Task-1' | timers left: 0
    task 'Task-1' main() resumes after: task 'child'; is done: returned (took 0.00 ms)
`);
  });

  it('shows a cancellation, and a timeout by its name', () => {
    const task = loop.createTask(function* main() {
      yield* timeout(30, () => sleep(1000));
    });
    for (let i = 0; i < 3; i += 1) loop.runOnce();
    task.exception();
    const nap = loop.createTask(() => sleep(7), { name: 'nap' });
    loop.runOnce();
    nap.cancel();
    loop.runOnce();
    expect(recorder.toText({ times: false }).split('\n').slice(2)).toEqual(
      [
        "#1 | select 0 ms (a handle is ready) | descriptors ready: none | ran: task 'Task-1' | timers left: 2",
        "    task 'Task-1' main() begins; set timer timeoutExpires(); waits for: sleep",
        '#2 | select until the first timer | descriptors ready: none | ran: timer timeoutExpires() | timers left: 0',
        "    timer timeoutExpires(): cancels task 'Task-1'",
        "#3 | select 0 ms (a handle is ready) | descriptors ready: none | ran: task 'Task-1' | timers left: 0",
        "    task 'Task-1' main() resumes, cancelled in: sleep; is done: failed with TimeoutError: the operation timed out after 30 ms",
        "    outside of handles: created task 'nap' anonymous()",
        "#4 | select 0 ms (a handle is ready) | descriptors ready: none | ran: task 'nap' | timers left: 0",
        "    task 'nap' anonymous() begins; waits for: sleep",
        "    outside of handles: cancels task 'nap'",
        "#5 | select 0 ms (a handle is ready) | descriptors ready: none | ran: task 'nap' | timers left: 0",
        "    task 'nap' anonymous() resumes, cancelled in: sleep; is done: cancelled",
        '',
      ].map((line) => line.replace('Task-1', task.getName())),
    );
  });

  it('shows the reader and the writer of a descriptor, and the wake-up descriptor', () => {
    virtual.selector.setReady(7, 3);
    loop.addReader(7, function onReadable() {});
    loop.addWriter(7, function onWritable() {});
    loop.runOnce();
    loop.removeReader(7);
    loop.removeWriter(7);
    virtual.selector.setReady(loop.wakeupFd(), 1);
    loop.callLater(1, () => {});
    loop.runOnce();
    expect(recorder.toText({ times: false }).replaceAll(`fd ${loop.wakeupFd()}`, 'fd W')).toBe(`\
#1 | select without a timeout (no timer) | descriptors ready: fd 7 readable and writable | ran: callback onReadable(), reader of fd 7, callback onWritable(), writer of fd 7 | timers left: 1
    callback onReadable(), reader of fd 7: ran
    callback onWritable(), writer of fd 7: ran
    outside of handles: set timer anonymous()
#2 | select until the first timer | descriptors ready: fd W readable (wake-up) | ran: nothing | timers left: 1
`);
  });

  it('shows in one line which callback threw which error', () => {
    collectErrors(loop);
    loop.callSoon(function bad() {
      throw new Error('boom\nand more');
    });
    loop.callSoon(() => {
      throw 'text';
    });
    loop.callSoon(() => {
      throw Object.assign(new Error(), {
        toString: () => {
          throw new Error('no text');
        },
      });
    });
    loop.runOnce();
    expect(recorder.toText({ times: false }).split('\n').slice(1, 4)).toEqual([
      '    callback bad(): threw Error: boom',
      '    callback anonymous(): threw "text"',
      '    callback anonymous(): threw an error that cannot be shown',
    ]);
  });

  it('has one line per iteration without details, in which many handles are counted', () => {
    for (let i = 0; i < 9; i += 1) loop.callSoon(function tick() {});
    loop.runOnce();
    loop.stop();
    loop.runOnce();
    expect(recorder.toText({ details: false })).toBe(`\
#1 at 0.00 ms | select 0 ms (a handle is ready), waited 0.00 ms | descriptors ready: none | ran: ${Array(6).fill('callback tick()').join(', ')} and 3 more | timers left: 0
#2 at 0.00 ms | select 0 ms (the loop is stopping), waited 0.00 ms | descriptors ready: none | ran: nothing | timers left: 0
`);
  });

  it('is empty when nothing was recorded', () => {
    expect(new Recorder().toText()).toBe('');
  });

  it('shows a task by its current name', () => {
    const task = loop.createTask(
      function* () {
        getRunningLoop().callSoon(() => task.setName('after'));
        yield;
      },
      { name: 'before' },
    );
    runUntilQuiet(loop);
    const names = [...recorder.toText({ details: false }).matchAll(/task '(\w+)'/g)].map(([, name]) => name);
    expect(names).toEqual(['before', 'after']);
  });
});

describe('the text of a traced run', () => {
  const expected = {
    generator: `\
#0 | before the first iteration | timers left: 0
    outside of handles: created task 'Task-1' main()
# | select 0 ms (a handle is ready) | descriptors ready: none | ran: task 'Task-1' | timers left: 0
    task 'Task-1' main() begins; created task 'a' nap(); created task 'b' nap(); waits for: gather of 2
# | select 0 ms (a handle is ready) | descriptors ready: none | ran: task 'a', task 'b' | timers left: 2
    task 'a' nap() begins; waits for: sleep
    task 'b' nap() begins; waits for: sleep
# | select until the first timer | descriptors ready: none | ran: task 'a' | timers left: 1
    task 'a' nap() resumes after: sleep; is done: returned
# | select 0 ms (a handle is ready) | descriptors ready: none | ran: callback onDone() | timers left: 1
    callback onDone(): ran
# | select until the first timer | descriptors ready: none | ran: task 'b' | timers left: 0
    task 'b' nap() resumes after: sleep; is done: returned
# | select 0 ms (a handle is ready) | descriptors ready: none | ran: callback onDone() | timers left: 0
    callback onDone(): ran
# | select 0 ms (a handle is ready) | descriptors ready: none | ran: task 'Task-1' | timers left: 0
    task 'Task-1' main() resumes after: gather of 2; is done: returned
# | select 0 ms (a handle is ready) | descriptors ready: none | ran: callback stop() | timers left: 0
    callback stop(): ran
`,
    async: `\
#0 | before the first iteration | timers left: 0
    outside of handles: created task 'Task-1' main()
# | select 0 ms (a handle is ready) | descriptors ready: none | ran: task 'Task-1' | timers left: 0
    task 'Task-1' main() begins; created task 'a' nap(); created task 'b' nap()
    outside of handles: task 'Task-1' waits for: gather of 2
# | select 0 ms (a handle is ready) | descriptors ready: none | ran: task 'a', task 'b' | timers left: 2
    task 'a' nap() begins
    task 'b' nap() begins
    outside of handles: task 'a' waits for: sleep; task 'b' waits for: sleep
# | select until the first timer | descriptors ready: none | ran: task 'a' | timers left: 1
    task 'a' nap() resumes after: sleep
    outside of handles: task 'a' is done: returned
# | select 0 ms (a handle is ready) | descriptors ready: none | ran: callback onDone() | timers left: 1
    callback onDone(): ran
# | select until the first timer | descriptors ready: none | ran: task 'b' | timers left: 0
    task 'b' nap() resumes after: sleep
    outside of handles: task 'b' is done: returned
# | select 0 ms (a handle is ready) | descriptors ready: none | ran: callback onDone() | timers left: 0
    callback onDone(): ran
# | select 0 ms (a handle is ready) | descriptors ready: none | ran: task 'Task-1' | timers left: 0
    task 'Task-1' main() resumes after: gather of 2
    outside of handles: task 'Task-1' is done: returned
# | select 0 ms (a handle is ready) | descriptors ready: none | ran: callback stop() | timers left: 0
    callback stop(): ran
`,
  };

  function* generatorMain(): Steps<void> {
    const nap = (name: string, ms: number): unknown =>
      createTask(
        function* nap() {
          yield* sleep(ms);
        },
        { name },
      );
    yield* gather([nap('a', 10), nap('b', 20)] as never[]);
  }
  Object.defineProperty(generatorMain, 'name', { value: 'main' });

  const normal = (trace: Recorder): string =>
    renumbered(
      withoutIdleIterations(trace.toText({ times: false }))
        .replaceAll(/fd \d+ readable \(libuv\)/g, 'none')
        .replaceAll('as long as Node allows', 'until the first timer'), // Node sets internal timers, for V8
    ).replace('# |', '#0 |');

  it('shows generator coroutines on a blocking loop', () => {
    const { trace } = traceRunSync(generatorMain, { loopFactory: () => jumpingLoop() });
    expect(normal(trace)).toBe(expected.generator);
  });

  it('shows generator coroutines on a hosted loop', async () => {
    const { trace } = await traceRun(generatorMain, { loopFactory: () => jumpingLoop() });
    expect(normal(trace)).toBe(expected.generator);
  });

  it('shows async functions, whose code runs outside of handles', async () => {
    async function main(): Promise<void> {
      const start = (name: string, ms: number): Promise<void> =>
        createTask(
          async function nap() {
            await sleep(ms);
          },
          { name },
        ) as never;
      await gather([start('a', 10), start('b', 20)] as never[]);
    }
    const { trace } = await traceRun(main, { loopFactory: () => jumpingLoop() });
    expect(normal(trace)).toBe(expected.async);
  });
});

describe('the text of a trace of a loop that is only observed', () => {
  it('shows which iterations skipped the select, and how many handles were ready', () => {
    using own = openLoop();
    const observer = new Recorder();
    own.addInstrument(observer);
    own.callSoon(function first() {
      own.callSoon(function second() {});
      own.callSoon(function third() {
        own.stop();
      });
    });
    own.callLater(0, function due() {});
    own.runForever();
    const lines = observer.toText({ times: false, details: false }).split('\n');
    expect(lines.slice(1, 3)).toEqual([
      '#1 | no select (a handle is ready) | ran: callback first(), timer due() | timers left: 0',
      '#2 | no select (2 handles are ready) | ran: callback second(), callback third() | timers left: 0',
    ]);
  });
});

describe.each(everyLoop)('the text of a trace with sockets ($name)', ({ selector, hosted }) => {
  it('shows descriptors by number, by kind, and by the operation that waits for them', async () => {
    using opened = new Opened();
    const { listener, address } = opened.listener();
    const client = opened.socket();
    let server = -1;
    function* main(): Steps<void> {
      const speaker = createTask(
        function* speak() {
          yield* sockConnect(client, address);
          yield* sleep(5);
          yield* sockSendAll(client, Buffer.from('x'));
        },
        { name: 'client' },
      );
      const { socket } = yield* sockAccept(listener);
      server = opened.add(socket).fileno();
      yield* sockRecv(socket, 10);
      yield* speaker;
    }
    const recorder = new Recorder();
    if (hosted) await traceRun(main, { selector, recorder });
    else traceRunSync(main, { selector, recorder });

    const text = recorder.toText();
    const local = `127.0.0.1:${address.port}`;
    const peer = `127.0.0.1:${(client.getsockname() as { port: number }).port}`;
    expect(text).toContain(`waits for: fd ${listener.fileno()} readable, for accept`);
    expect(text).toContain(`fd ${listener.fileno()} readable (listening on ${local})`);
    expect(text).toContain(
      `resumes after: fd ${listener.fileno()} readable, for accept; waits for: fd ${server} readable, for recv`,
    );
    // On a busy machine, libuv may be ready in the same poll.
    expect(text).toMatch(
      new RegExp(`descriptors ready: .*fd ${server} readable \\(connected to ${peer}\\) \\| ran: task `),
    );
    expect(text).toContain('select at most ');
    expect(text).toMatch(/task 'client' speak\(\) begins;.* waits for: (fd \d+ writable, for connect|sleep until)/);
  });
});

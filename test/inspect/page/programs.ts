/** Programs whose traces the tests of the page show. */

import { createTask, gather, sleep, Socket, sockAccept, sockConnect, sockRecv, sockSendAll } from 'selectloop';
import { type EventTrace, Recorder, traceRun, traceRunSync } from 'selectloop/trace';

/** A name that would run a script if it were taken as HTML, also inside a script element. */
export const HOSTILE = `</script><img src=x onerror="window.hacked = 1"><b>'&amp;"`;

/** Tasks that sleep, cancel each other and fail; one handle takes 60 ms. */
export function sleepers(): EventTrace {
  function* nap(ms: number) {
    yield* sleep(ms);
  }
  const { trace } = traceRunSync(function* main() {
    const naps = [7, 3, 5, 1, 4].map((ms) => createTask(() => nap(ms), { name: `nap-${ms}` }));
    const never = createTask(() => nap(10_000), { name: 'never' });
    createTask(
      function* busy() {
        for (const end = performance.now() + 60; performance.now() < end;);
        yield* sleep(1);
        throw new RangeError(HOSTILE);
      },
      { name: HOSTILE },
    ).addDoneCallback((task) => task.exception());
    yield* gather(naps);
    never.cancel();
    yield* sleep(1);
  });
  return trace.toTrace();
}

/** An echo server and three clients, in one hosted loop. */
export async function echo(): Promise<EventTrace> {
  async function serve(socket: Socket): Promise<void> {
    for (let data; (data = await sockRecv(socket, 1000)).length > 0;) await sockSendAll(socket, data);
    socket.close();
  }
  const { trace } = await traceRun(async function main() {
    using listener = new Socket();
    listener.setBlocking(false);
    listener.bind({ host: '127.0.0.1', port: 0 });
    listener.listen();
    const server = createTask(
      async () => {
        for (;;) {
          const { socket } = await sockAccept(listener);
          createTask(() => serve(socket), { name: `echo-${socket.fileno()}` });
        }
      },
      { name: 'server' },
    );
    async function visit(): Promise<void> {
      using socket = new Socket();
      socket.setBlocking(false);
      await sockConnect(socket, listener.getsockname());
      for (let i = 0; i < 2; i += 1) {
        await sockSendAll(socket, Buffer.from('hello'));
        await sockRecv(socket, 100);
        await sleep(2);
      }
    }
    await gather([1, 2, 3].map((n) => createTask(visit, { name: `client-${n}` })));
    await sleep(5); // until the server has seen that they are gone
    server.cancel();
  });
  return trace.toTrace();
}

/** Tasks by the thousand, each asleep. */
export function crowd(n: number): EventTrace {
  const recorder = new Recorder({ maxEventsPerIteration: 20 * n });
  traceRunSync(
    function* main() {
      function* worker(i: number) {
        yield* sleep(5 + (i % 50));
      }
      yield* gather(Array.from({ length: n }, (_, i) => createTask(() => worker(i), { name: `worker-${i}` })));
    },
    { recorder },
  );
  return recorder.toTrace();
}

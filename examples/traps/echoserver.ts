// The echo server with sub-coroutines: accept, recv and send look like blocking calls, but wait in the selector.
// Watch "I'm alive!" continue whatever the clients do, even with 900 of them (see blaster.ts), some slow and some dead.
// An idle server uses no CPU: the alive task sleeps, the handlers wait for sockets, and task 0 waits in the kernel for all of them.

import { parseArgs } from 'node:util';

import { listen } from '../support/echo-command.js';
import { program } from '../support/program.js';
import { Gate } from './gate.js';
import { type Program, Scheduler } from './os.js';
import { Socket } from './sockets.js';
import { NewTask, Sleep } from './system-calls.js';

function* alive(everyMs: number): Program<never> {
  for (;;) {
    console.log("I'm alive!");
    yield new Sleep(everyMs);
  }
}

function* handleClient(client: Socket): Program {
  try {
    for (let data; (data = yield* client.recv(65_536)).length > 0;) yield client.send(data);
  } finally {
    client.close();
  }
}

function* server(listener: Socket): Program<never> {
  const gate = new Gate();
  for (;;) {
    yield gate.wait();
    const client = yield* gate.accept(listener.accept());
    if (client !== undefined) yield new NewTask(gate.count(handleClient(client)));
  }
}

await program(import.meta, (args) => {
  const { values } = parseArgs({
    args,
    options: { port: { type: 'string', default: '7007' }, 'alive-ms': { type: 'string', default: '1000' } },
  });
  const os = new Scheduler({ quiet: true });
  const listener = new Socket(listen(Number(values.port)));
  os.spawn(alive(Number(values['alive-ms'])));
  os.spawn(server(listener));
  os.mainloop();
});

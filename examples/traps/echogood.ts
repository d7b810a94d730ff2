// A correct echo server: before each call that could block, the task asks the system to wake it when the socket is ready.
// Watch several clients in one thread. Without clients, the process sleeps.
// `yield new ReadWait(socket)` is to a task what a blocking read is to a process: while it waits, other tasks run.

import type { Socket } from 'selectloop/sockets';

import { listen, portOf } from '../support/echo-command.js';
import { program } from '../support/program.js';
import { Gate } from './gate.js';
import { type Program, Scheduler } from './os.js';
import { NewTask, ReadWait, WriteWait } from './system-calls.js';

function* handleClient(client: Socket): Program {
  try {
    client.setBlocking(false);
    for (;;) {
      yield new ReadWait(client);
      let data = client.recv(65_536);
      if (data.length === 0) return;
      while (data.length > 0) {
        yield new WriteWait(client);
        data = data.subarray(client.send(data));
      }
    }
  } finally {
    client.close();
  }
}

function* accept(listener: Socket): Program<Socket> {
  yield new ReadWait(listener);
  return listener.accept().socket;
}

function* server(listener: Socket): Program<never> {
  const gate = new Gate();
  for (;;) {
    yield gate.wait();
    const client = yield* gate.accept(accept(listener));
    if (client !== undefined) yield new NewTask(gate.count(handleClient(client)));
  }
}

await program(import.meta, (args) => {
  const os = new Scheduler({ quiet: true });
  const listener = listen(portOf(args));
  os.spawn(server(listener));
  os.mainloop();
});

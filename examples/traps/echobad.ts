// A wrong echo server: its tasks call accept() and recv() on blocking sockets, and so block the whole system.
// Watch "I'm alive!" appear once, and again only when a client connects, although the task that prints it is correct.
// In cooperative multitasking, one task that blocks stops all others. Compare echogood.ts.

import type { Socket } from 'selectloop/sockets';

import { listen, portOf } from '../support/echo-command.js';
import { program } from '../support/program.js';
import { type Program, Scheduler } from './os.js';
import { NewTask } from './system-calls.js';

function* alive(): Program<never> {
  for (;;) {
    console.log("I'm alive!");
    yield;
  }
}

function* handleClient(client: Socket): Program {
  try {
    for (let data; (data = client.recv(65_536)).length > 0;) client.sendAll(data); // blocks the system
  } finally {
    client.close();
  }
  yield;
}

function* server(listener: Socket): Program<never> {
  for (;;) yield new NewTask(handleClient(listener.accept().socket)); // blocks the system
}

await program(import.meta, (args) => {
  const os = new Scheduler({ quiet: true });
  const listener = listen(portOf(args));
  os.spawn(alive());
  os.spawn(server(listener));
  os.mainloop();
});

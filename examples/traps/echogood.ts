// An echo server that is right: before each call that could block, the task asks the system to be woken when it would not.
// Watch connections come and go beside each other, in one thread, and the process sleep when there are none.
// `yield new ReadWait(socket)` is to a task what a blocking read is to a process: the others run meanwhile.

import type { Socket } from 'selectloop/sockets';

import { listen, portOf } from '../support/echo-command.js';
import { program } from '../support/program.js';
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

function* server(listener: Socket): Program<never> {
  for (;;) {
    yield new ReadWait(listener);
    yield new NewTask(handleClient(listener.accept().socket));
  }
}

await program(import.meta, (args) => {
  const os = new Scheduler({ quiet: true });
  const listener = listen(portOf(args));
  os.spawn(server(listener));
  os.mainloop();
});

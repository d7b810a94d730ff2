/** The viewer of levels.mjs: connects to a door, and asks for what the page asks for at a level. */

import { connect } from 'node:net';
import { parentPort } from 'node:worker_threads';

const STATE = { want: ['trace'], everyMs: 100 };

const REQUESTS = {
  door: [{ level: 'look' }, { want: [] }],
  look: [{ level: 'look' }, STATE],
  measure: [{ level: 'measure' }, STATE],
  record: [{ level: 'record' }, STATE],
};

let socket = null;

function send(...requests) {
  socket.write(requests.map((request) => `${JSON.stringify(request)}\n`).join(''));
}

parentPort.on('message', ({ path, level }) => {
  if (level !== undefined) {
    send(...REQUESTS[level]);
    return;
  }
  socket = connect(path).resume();
  socket.on('error', () => undefined); // the door is closed at the end of each cycle
  send({ hello: 1 });
});

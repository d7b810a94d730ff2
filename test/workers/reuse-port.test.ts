/** What the kernel does with the queue of a listening socket that is closed, which the guide explains. */

import { execFileSync } from 'node:child_process';

import { expect, it } from 'vitest';

/** Two sockets share a port; connections queue in both; one is closed. Prints how many connections were reset. */
const PROGRAM = `
  import { SOL_SOCKET, SO_REUSEPORT, Socket } from 'selectloop/sockets';
  const bound = (address) => {
    const socket = new Socket();
    socket.setsockopt(SOL_SOCKET, SO_REUSEPORT, true);
    socket.bind(address);
    socket.listen();
    return socket;
  };
  const first = bound({ host: '127.0.0.1', port: 0 });
  const address = first.getsockname();
  const second = bound(address);
  const clients = Array.from({ length: 30 }, () => new Socket());
  for (const client of clients) client.connect(address);
  first.close();
  let reset = 0;
  for (const client of clients) {
    client.setBlocking(false);
    try { client.recv(1); } catch (error) { if (error.code === 'ECONNRESET') reset += 1; }
  }
  console.log(reset > 0 && reset < 30 ? 'some' : reset);
`;

/** Runs the program in a new network namespace with tcp_migrate_req set; null where that is not allowed. */
function withMigration(value: 0 | 1): string | null {
  const script = `ip link set lo up && echo ${value} > /proc/sys/net/ipv4/tcp_migrate_req && exec "$0" --input-type=module --eval "$1"`;
  try {
    return execFileSync('unshare', ['-rn', 'sh', '-c', script, process.execPath, PROGRAM], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_OPTIONS: '' },
    }).trim();
  } catch {
    return null;
  }
}

it('the connections in the queue of a closed SO_REUSEPORT socket are reset, or move to another with tcp_migrate_req', () => {
  const [without, moved] = [withMigration(0), withMigration(1)];
  expect(['some', null]).toContain(without);
  expect(['0', null]).toContain(moved);
});

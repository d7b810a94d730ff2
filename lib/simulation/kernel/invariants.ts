/** Checks of the whole kernel, made after every call while checks are on. */

import { violated } from './checks.js';
import type { Descriptors } from './descriptors.js';
import type { Host } from './host.js';
import type { OpenFile } from './open-file.js';

/** Throws an Error if an invariant does not hold. */
export function checkInvariants(descriptors: Descriptors, hosts: readonly Host[]): void {
  const references = new Map<OpenFile, number>();
  for (const [, file] of descriptors.entries()) references.set(file, (references.get(file) ?? 0) + 1);
  for (const [file, count] of references) {
    // The rest are files in flight, which messages refer to.
    if (file.references < count) violated(`a file has ${count} descriptors and ${file.references} references`);
    file.check();
  }
  for (const host of hosts) {
    for (const socket of host.unixNames.sockets()) {
      if (socket.isDead) violated('a closed UNIX socket has a name');
    }
    for (const connection of host.tcp.all()) {
      if (connection.remote === null) violated('a TCP socket without a peer is among the connections');
    }
    for (const socket of host.udp.ports.all()) {
      if (socket.references === 0) violated('a closed UDP socket has a port');
    }
  }
}

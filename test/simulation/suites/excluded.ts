/** The tests that do not run on the simulated kernel, each with the reason. */

import { fileURLToPath } from 'node:url';

/** Tests of a file: all of them, or those whose full names match. */
export interface Exclusion {
  /** Below `test/`. */
  readonly file: string;
  readonly names?: RegExp;
  readonly reason: string;
}

const PROCESSES = 'it starts a process or a thread, which the simulated kernel does not have';
const MACHINE = 'it looks at descriptors of the machine, through node:fs, node:net or node:child_process';
const FILES = 'it needs files, folders or sendfile, which the simulated kernel does not have';
const TLS = 'TLS is done by Node, on descriptors of the machine';
const COLLECTOR = 'it needs the garbage collector, on which nothing depends in a simulation';
const OPTIONS = 'it needs an option or a control message that the simulated kernel does not have';
const FAMILIES = 'it needs a family or a type of socket that the simulated kernel does not have';
const INTERFACES = 'it needs multicast, or zones of interfaces, which the simulated kernel does not have';

export const EXCLUDED: readonly Exclusion[] = [
  { file: 'conformance/abort-signals.test.ts', names: /toThread|on descriptors$/, reason: PROCESSES },
  { file: 'selectors/epoll-selector.test.ts', names: /has a descriptor until|refuses a regular file/, reason: MACHINE },
  { file: 'sockets/address.test.ts', names: /takes a zone in the host/, reason: INTERFACES },
  {
    file: 'sockets/ancillary.test.ts',
    names: /credentials > of|^(SO_|IP_|the error queue|one send)/,
    reason: OPTIONS,
  },
  {
    file: 'sockets/ancillary.test.ts',
    names: /in general > without enough/,
    reason: OPTIONS,
  },
  {
    file: 'sockets/constants.test.ts',
    names:
      /SO_(PEEK|INC)|IP_(MTU|FREE|BIND|MULTI)|IPV6_MULTI|TCP_NOT|with (a name|privil)|is read: |MSG_FAST|tcpInfo.*(has|follows)/,
    reason: OPTIONS,
  },
  { file: 'sockets/families.test.ts', names: /groups|keeps the number|packet socket|leaves no/, reason: FAMILIES },
  { file: 'sockets/groups.test.ts', names: /joined|IP_ADD_|IPV6_JOIN_|what the kernel refuses/, reason: INTERFACES },
  { file: 'sockets/options.test.ts', names: /take numbers|report on the peer/, reason: OPTIONS },
  { file: 'sockets/ownership.test.ts', reason: MACHINE },
  {
    file: 'sockets/receive-into.test.ts',
    names: /as recvMsg does|cannot hand them over|the addon refuses/,
    reason: OPTIONS,
  },
  { file: 'sockets/send-file.test.ts', names: /sends a pipe|times out if|reports a peer/, reason: FILES },
  { file: 'sockets/unix.test.ts', names: /arrive with credentials|beyond maxFds/, reason: OPTIONS },
  { file: 'streams/differential.test.ts', names: /tls on epoll/, reason: TLS },
  { file: 'streams/dropped-streams.test.ts', names: /are reported|whose (transport|loop)/, reason: COLLECTOR },
  { file: 'streams/errors-show-the-caller.test.ts', names: /UnixServer$/, reason: FILES },
];

const test = fileURLToPath(new URL('../../', import.meta.url));

/** The files of which no test runs, as paths from the root of the package. */
export const excludedFiles = (): string[] =>
  EXCLUDED.filter(({ names }) => names === undefined).map(({ file }) => `test/${file}`);

/** Returns the entry that keeps a test from running; null if it runs. */
export function exclusionOf(path: string, fullName: string): Exclusion | null {
  const file = path.startsWith(test) ? path.slice(test.length) : path;
  return EXCLUDED.find((each) => each.file === file && each.names?.test(fullName) === true) ?? null;
}

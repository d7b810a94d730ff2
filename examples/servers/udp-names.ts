// A name server on UDP: it answers DNS queries for addresses from a table.
// One socket serves all clients: each datagram carries the address of its sender, and the response is sent there.
// Watch how it handles invalid input: a query that is truncated or has a wrong length gets no response and does no harm.

import { parseArgs } from 'node:util';

import {
  type Address,
  type Coroutine,
  type DatagramEndpoint,
  type DatagramProtocol,
  type DatagramTransport,
  Future,
  createDatagramEndpoint,
  getRunningLoop,
} from 'selectloop';

import { program } from '../support/program.js';
import { type Endpoint, announce, untilInterrupted } from './serving.js';

/** IPv4 addresses by name, in lower case. */
export type Table = Readonly<Record<string, string>>;

const HEADER_BYTES = 12;
const TYPE_A = 1;
const CLASS_IN = 1;
const NO_SUCH_NAME = 3;
const TTL_SECONDS = 60;

/** Responds to each query that arrives. */
class NameServer implements DatagramProtocol {
  /** Completes when the transport is closed. */
  readonly closed = new Future<void>();
  private transport: DatagramTransport | null = null;

  constructor(private readonly table: Table) {}

  connectionMade(transport: DatagramTransport): void {
    this.transport = transport;
  }

  /** There is no `errorReceived`: if a response cannot be sent, the client asks again. */
  datagramReceived(data: Buffer, address: Address | null): void {
    const answer = answerTo(data, this.table);
    if (answer !== null) this.transport!.sendTo(answer, address);
  }

  connectionLost(): void {
    if (!this.closed.done()) this.closed.setResult(); // Ctrl-C may have cancelled it
  }
}

export function startNames(listen: Endpoint, table: Table): Coroutine<DatagramEndpoint<NameServer>> {
  return createDatagramEndpoint(() => new NameServer(table), { localAddress: listen });
}

/** Returns the response to a query, or null if `query` is not a valid one. */
export function answerTo(query: Buffer, table: Table): Buffer | null {
  if (query.length < HEADER_BYTES) return null;
  const isQuery = (query.readUInt16BE(2) & 0xf800) === 0; // QR is 0 (a query) and OPCODE is 0 (a standard one)
  const question = isQuery && query.readUInt16BE(4) === 1 ? questionOf(query) : null;
  if (question === null) return null;
  const { name, type, end } = question;
  const address = Object.hasOwn(table, name) ? table[name] : undefined;
  const records = address !== undefined && type === TYPE_A ? [recordOf(address)] : [];

  const header = Buffer.alloc(HEADER_BYTES);
  query.copy(header, 0, 0, 2); // the ID of the query
  const wantsRecursion = query.readUInt16BE(2) & 0x0100;
  header.writeUInt16BE(0x8400 | wantsRecursion | (address === undefined ? NO_SUCH_NAME : 0), 2);
  header.writeUInt16BE(1, 4); // one question, repeated below
  header.writeUInt16BE(records.length, 6);
  return Buffer.concat([header, query.subarray(HEADER_BYTES, end), ...records]);
}

/** Parses the question after the header: labels, each preceded by its length, up to a length of 0; then type and class. */
function questionOf(query: Buffer): { name: string; type: number; end: number } | null {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (;;) {
    const length = query[at];
    if (length === undefined || length > 63) return null; // truncated, or a compression pointer, which a question does not need
    at += 1;
    if (length === 0) break;
    labels.push(query.toString('latin1', at, at + length));
    at += length;
  }
  const end = at + 4;
  if (end > query.length || query.readUInt16BE(at + 2) !== CLASS_IN) return null;
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at), end };
}

function recordOf(address: string): Buffer {
  const record = Buffer.alloc(16);
  record.writeUInt16BE(0xc000 | HEADER_BYTES, 0); // a compression pointer to offset 12, the name in the question
  record.writeUInt16BE(TYPE_A, 2);
  record.writeUInt16BE(CLASS_IN, 4);
  record.writeUInt32BE(TTL_SECONDS, 6);
  record.writeUInt16BE(4, 10);
  for (const [i, part] of address.split('.').entries()) record.writeUInt8(Number(part), 12 + i);
  return record;
}

await program(import.meta, async (args) => {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true, // such as printer.home=192.168.1.9
    options: { host: { type: 'string', default: '127.0.0.1' }, port: { type: 'string', default: '7053' } },
  });
  const given = positionals.map((entry) => entry.split('=') as [string, string]);
  const table = Object.fromEntries(given.length > 0 ? given : [['loop.test', '127.0.0.7']]);
  await untilInterrupted(function* () {
    const { transport, protocol } = yield* startNames({ host: values.host, port: Number(values.port) }, table);
    announce('names', transport.getExtraInfo('sockname')!);
    getRunningLoop().addSignalHandler('SIGTERM', () => transport.close());
    try {
      yield* protocol.closed;
    } finally {
      transport.close();
    }
  });
});

/** The kernel's statistics of a TCP connection, as typed values. */

import { wrongType } from '../errors/index.js';
import { IPPROTO_TCP, TCP_INFO } from './constants.js';
import { LITTLE_ENDIAN, uint32, uint64 } from './native-bytes.js';

/** The states of a connection, by their numbers in the kernel. */
const states: readonly TcpState[] = [
  'UNKNOWN',
  'ESTABLISHED',
  'SYN_SENT',
  'SYN_RECV',
  'FIN_WAIT1',
  'FIN_WAIT2',
  'TIME_WAIT',
  'CLOSE',
  'CLOSE_WAIT',
  'LAST_ACK',
  'LISTEN',
  'CLOSING',
  'NEW_SYN_RECV',
];

/** The state of a TCP connection. */
export type TcpState =
  | 'UNKNOWN'
  | 'ESTABLISHED'
  | 'SYN_SENT'
  | 'SYN_RECV'
  | 'FIN_WAIT1'
  | 'FIN_WAIT2'
  | 'TIME_WAIT'
  | 'CLOSE'
  | 'CLOSE_WAIT'
  | 'LAST_ACK'
  | 'LISTEN'
  | 'CLOSING'
  | 'NEW_SYN_RECV';

/** Fields of 32 bits from byte 8 on. */
const early = [
  'rto',
  'ato',
  'sndMss',
  'rcvMss',
  'unacked',
  'sacked',
  'lost',
  'retrans',
  'fackets',
  'lastDataSent',
  'lastAckSent',
  'lastDataRecv',
  'lastAckRecv',
  'pmtu',
  'rcvSsthresh',
  'rtt',
  'rttvar',
  'sndSsthresh',
  'sndCwnd',
  'advmss',
  'reordering',
  'rcvRtt',
  'rcvSpace',
  'totalRetrans',
] as const satisfies readonly (keyof TcpInfo)[];

/** Later fields, each with its offset and its size in bytes. */
const late = {
  pacingRate: [104, 8],
  maxPacingRate: [112, 8],
  bytesAcked: [120, 8],
  bytesReceived: [128, 8],
  segsOut: [136, 4],
  segsIn: [140, 4],
  notsentBytes: [144, 4],
  minRtt: [148, 4],
  dataSegsIn: [152, 4],
  dataSegsOut: [156, 4],
  deliveryRate: [160, 8],
  busyTime: [168, 8],
  rwndLimited: [176, 8],
  sndbufLimited: [184, 8],
  delivered: [192, 4],
  deliveredCe: [196, 4],
  bytesSent: [200, 8],
  bytesRetrans: [208, 8],
  dsackDups: [216, 4],
  reordSeen: [220, 4],
  rcvOoopack: [224, 4],
  sndWnd: [228, 4],
} as const satisfies { readonly [name in keyof TcpInfo]?: readonly [offset: number, size: 4 | 8] };

/**
 * `struct tcp_info`, with the kernel's names in camelCase. Times are in microseconds, but `lastDataSent`, `lastAckSent`, `lastDataRecv`
 * and `lastAckRecv` in milliseconds; rates in bytes per second, Infinity: no limit. `pacingRate` and the fields after it are undefined on
 * kernels that lack them.
 */
export interface TcpInfo {
  readonly state: TcpState;
  /** The state of the congestion control: 0 open, 1 disorder, 2 CWR, 3 recovery, 4 loss. */
  readonly caState: number;
  /** Retransmissions of the first unacknowledged segment. */
  readonly retransmits: number;
  /** Unanswered probes: keep-alive or of a closed window. */
  readonly probes: number;
  readonly backoff: number;
  /** A bit mask: 1 timestamps, 2 SACK, 4 window scaling, 8 ECN, 16 ECN seen, 32 data in the SYN acknowledged. */
  readonly options: number;
  readonly sndWscale: number;
  readonly rcvWscale: number;
  readonly rto: number;
  readonly ato: number;
  readonly sndMss: number;
  readonly rcvMss: number;
  readonly unacked: number;
  readonly sacked: number;
  readonly lost: number;
  readonly retrans: number;
  readonly fackets: number;
  readonly lastDataSent: number;
  readonly lastAckSent: number;
  readonly lastDataRecv: number;
  readonly lastAckRecv: number;
  readonly pmtu: number;
  readonly rcvSsthresh: number;
  readonly rtt: number;
  readonly rttvar: number;
  readonly sndSsthresh: number;
  readonly sndCwnd: number;
  readonly advmss: number;
  readonly reordering: number;
  readonly rcvRtt: number;
  readonly rcvSpace: number;
  readonly totalRetrans: number;
  readonly pacingRate?: number;
  readonly maxPacingRate?: number;
  readonly bytesAcked?: number;
  readonly bytesReceived?: number;
  readonly segsOut?: number;
  readonly segsIn?: number;
  readonly notsentBytes?: number;
  readonly minRtt?: number;
  readonly dataSegsIn?: number;
  readonly dataSegsOut?: number;
  readonly deliveryRate?: number;
  readonly busyTime?: number;
  readonly rwndLimited?: number;
  readonly sndbufLimited?: number;
  readonly delivered?: number;
  readonly deliveredCe?: number;
  readonly bytesSent?: number;
  readonly bytesRetrans?: number;
  readonly dsackDups?: number;
  readonly reordSeen?: number;
  readonly rcvOoopack?: number;
  readonly sndWnd?: number;
}

/**
 * Returns the kernel's statistics of a TCP connection: round-trip times, retransmissions, windows, rates.
 *
 * @throws TypeError for anything but a Socket; OSError ENOTSUP on a socket that is not TCP, EBADF on a closed one
 *
 * @example
 * import { Socket, tcpInfo } from 'selectloop/sockets';
 *
 * using listener = new Socket();
 * listener.bind({ host: '127.0.0.1', port: 0 });
 * listener.listen();
 * using client = new Socket();
 * client.connect(listener.getsockname());
 * const { state, rtt } = tcpInfo(client);
 * console.log(state, rtt > 0); // ESTABLISHED true
 */
export function tcpInfo(socket: { getsockopt(level: number, option: number, length: number): Buffer }): TcpInfo {
  if (typeof (socket as Partial<typeof socket> | null | undefined)?.getsockopt !== 'function') {
    throw wrongType('socket', 'a Socket', socket);
  }
  const bytes = socket.getsockopt(IPPROTO_TCP, TCP_INFO, 256);
  const info: Record<string, number | string> = {
    state: states[bytes[0]!] ?? 'UNKNOWN',
    caState: bytes[1]!,
    retransmits: bytes[2]!,
    probes: bytes[3]!,
    backoff: bytes[4]!,
    options: bytes[5]!,
    // Two fields of four bits, in the order of the machine's bytes.
    sndWscale: LITTLE_ENDIAN ? bytes[6]! & 15 : bytes[6]! >> 4,
    rcvWscale: LITTLE_ENDIAN ? bytes[6]! >> 4 : bytes[6]! & 15,
  };
  early.forEach((name, i) => (info[name] = uint32(bytes, 8 + 4 * i)));
  for (const [name, [offset, size]] of Object.entries(late)) {
    if (offset + size <= bytes.length) info[name] = size === 4 ? uint32(bytes, offset) : wide(bytes, offset);
  }
  return info as unknown as TcpInfo;
}

/** Reads 64 bits; all of them set mean "no limit". */
function wide(bytes: Uint8Array, offset: number): number {
  const value = uint64(bytes, offset);
  return value === 0xffff_ffff_ffff_ffffn ? Infinity : Number(value);
}

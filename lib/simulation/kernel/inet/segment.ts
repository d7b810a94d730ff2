/** The segments of TCP. */

import type { Endpoint } from '../addresses.js';

/**
 * A segment. Sequence numbers count the bytes of a direction from 0; SYN does not count, and FIN counts as one byte behind the last. Real
 * TCP starts at a random number and wraps around, which tells connections apart whose segments are still on their way.
 */
export interface Segment {
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly syn: boolean;
  readonly ack: boolean;
  readonly fin: boolean;
  readonly rst: boolean;
  /** The position of the first byte. */
  readonly sequence: number;
  /** The sender has received everything before this position. */
  readonly acknowledged: number;
  /** How many bytes behind `acknowledged` the sender has room for. */
  readonly window: number;
  /** Owned by the segment. */
  readonly bytes: Uint8Array;
}

const NO_BYTES = new Uint8Array(0);
/** The headers of IPv4 and TCP. */
const SIZE_OF_HEADERS = 40;

type Ends = Pick<Segment, 'from' | 'to'>;

/** Returns a segment of two ends and the given fields. */
export function makeSegment(ends: Ends, fields: Partial<Segment>): Segment {
  return {
    syn: false,
    ack: false,
    fin: false,
    rst: false,
    sequence: 0,
    acknowledged: 0,
    window: 0,
    bytes: NO_BYTES,
    ...fields,
    from: ends.from,
    to: ends.to,
  };
}

export const sizeOfSegment = ({ bytes }: Segment): number => SIZE_OF_HEADERS + bytes.length;

/** Describes a segment as tcpdump does. */
export function segmentText({ from, to, syn, ack, fin, rst, sequence, acknowledged, window, bytes }: Segment): string {
  const flags = [syn && 'SYN', fin && 'FIN', rst && 'RST', ack && 'ACK'].filter((flag) => flag !== false);
  const range = bytes.length > 0 ? ` bytes ${sequence} to ${sequence + bytes.length}` : '';
  const answer = ack ? ` acknowledges ${acknowledged}, window ${window}` : '';
  return `${from.host}:${from.port} > ${to.host}:${to.port} ${flags.join(' ')}${range}${answer}`;
}

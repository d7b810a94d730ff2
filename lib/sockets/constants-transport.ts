/** The constants of less common options of TCP and UDP, with their C names; see `man 7 tcp` and `man 7 udp`. */

import { nativeConstant } from './native-constant.js';

// Options of IPPROTO_TCP; the older ones are in constants.ts.
/** The name of the congestion control, such as `Buffer.from('cubic')`; read it with a length of 16. */
export const TCP_CONGESTION: number = nativeConstant('TCP_CONGESTION');
/** Lets connect return immediately and sends the first data with the first packet. */
export const TCP_FASTOPEN_CONNECT: number = nativeConstant('TCP_FASTOPEN_CONNECT');
/** Seconds that a closed connection stays in FIN_WAIT2. */
export const TCP_LINGER2: number = nativeConstant('TCP_LINGER2');
/** The socket is writable only while fewer unsent bytes than this are queued. */
export const TCP_NOTSENT_LOWAT: number = nativeConstant('TCP_NOTSENT_LOWAT');
/** The name of the protocol on top, such as `Buffer.from('tls')`. */
export const TCP_ULP: number = nativeConstant('TCP_ULP');
/** The largest window to advertise, in bytes. */
export const TCP_WINDOW_CLAMP: number = nativeConstant('TCP_WINDOW_CLAMP');

// Options of IPPROTO_UDP and IPPROTO_UDPLITE.
/** Collects what is sent into one datagram until it is switched off. */
export const UDP_CORK: number = nativeConstant('UDP_CORK');
/** Splits each send into datagrams of this size; also a control message. See `ancillary.udpSegment`. */
export const UDP_SEGMENT: number = nativeConstant('UDP_SEGMENT');
/** Joins received datagrams of equal size; their size is a control message. See `ancillary.udpSegmentSize`. */
export const UDP_GRO: number = nativeConstant('UDP_GRO');
/** The number of bytes that the checksum of sent packets covers. */
export const UDPLITE_SEND_CSCOV: number = nativeConstant('UDPLITE_SEND_CSCOV');
/** The smallest number of bytes that the checksum of received packets must cover. */
export const UDPLITE_RECV_CSCOV: number = nativeConstant('UDPLITE_RECV_CSCOV');

/** The settings of the kernel, under their names in /proc/sys, with the defaults of Linux. */

export interface Limits {
  /** The most descriptors that may be open (RLIMIT_NOFILE). */
  readonly openFiles: number;
  /** net.core.somaxconn: the longest listen queue. */
  readonly somaxconn: number;
  /** net.core.rmem_default and rmem_max, in bytes. */
  readonly rmemDefault: number;
  readonly rmemMax: number;
  /** net.core.wmem_default and wmem_max, in bytes. */
  readonly wmemDefault: number;
  readonly wmemMax: number;
  /** The middle values of net.ipv4.tcp_rmem and tcp_wmem, in bytes. */
  readonly tcpReceiveBuffer: number;
  readonly tcpSendBuffer: number;
  /**
   * The size to which the send buffer of a connection over loopback grows, unless the program has set one: two windows of ten segments of
   * 64 KiB; three with the congestion control `bbr`.
   */
  readonly tcpTunedSendBuffer: number;
  /** The last value of net.ipv4.tcp_rmem, in bytes. */
  readonly tcpReceiveBufferMax: number;
  /** net.unix.max_dgram_qlen: the longest queue of a datagram socket, when the sender is not its peer. */
  readonly unixDatagrams: number;
  /** net.ipv4.ip_local_port_range: the ports that the kernel chooses from. */
  readonly firstPort: number;
  readonly lastPort: number;
}

export const DEFAULT_LIMITS: Limits = {
  openFiles: 1_048_576,
  somaxconn: 4096,
  rmemDefault: 212_992,
  rmemMax: 212_992,
  wmemDefault: 212_992,
  wmemMax: 212_992,
  tcpReceiveBuffer: 131_072,
  tcpSendBuffer: 16_384,
  tcpTunedSendBuffer: 2_626_560,
  tcpReceiveBufferMax: 6_291_456,
  unixDatagrams: 10,
  firstPort: 32_768,
  lastPort: 60_999,
};

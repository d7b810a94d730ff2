/** The names of the options of the functions that connect. The compiler compares them with the interfaces where they are used. */

/** Those of `connectAcceptedSocket`. */
export const ACCEPTED_NAMES = {
  tls: true,
  tlsHandshakeTimeoutMs: true,
  tlsShutdownTimeoutMs: true,
  signal: true,
} as const;

/** Those of `createUnixConnection`. */
export const UNIX_CONNECTION_NAMES = { ...ACCEPTED_NAMES, socket: true, serverName: true } as const;

/** Those of `createConnection`. */
export const CONNECTION_NAMES = {
  ...UNIX_CONNECTION_NAMES,
  family: true,
  localAddress: true,
  happyEyeballsDelayMs: true,
  interleave: true,
  allErrors: true,
} as const;

/** The names of the options of the functions that make servers. The compiler compares them with the interfaces where they are used. */

const SERVE = {
  backlog: true,
  maxConnections: true,
  startServing: true,
  socket: true,
  listenFds: true,
  tls: true,
  tlsHandshakeTimeoutMs: true,
  tlsShutdownTimeoutMs: true,
  tlsMaxHandshakes: true,
} as const;

/** Those of `createServer` and `serveHttp`. */
export const SERVER_NAMES = { ...SERVE, family: true, reuseAddress: true, reusePort: true } as const;

/** Those of `createUnixServer`. */
export const UNIX_SERVER_NAMES = { ...SERVE, replace: true, mode: true, cleanupSocket: true } as const;

export { type StartTlsOptions, startTls } from './start-tls.js';
export type { TlsClientOptions, TlsConnectOptions, TlsServeOptions, TlsServerOptions } from './tls-options.js';

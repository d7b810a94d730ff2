export type { BindOptions } from './bind-sockets.js';
export {
  type CreateServerOptions,
  type CreateUnixServerOptions,
  type ServeOptions,
  createServer,
  createUnixServer,
} from './create-server.js';
export { Server } from './server.js';
export type { ServeUntilOptions } from './serve-until.js';

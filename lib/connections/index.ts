export type { ConnectOptions } from './connect-socket.js';
export { connectReadPipe, connectWritePipe } from './connect-pipe.js';
export {
  type CreateConnectionOptions,
  type CreateUnixConnectionOptions,
  connectAcceptedSocket,
  createConnection,
  createUnixConnection,
} from './create-connection.js';

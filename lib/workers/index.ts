export { type ServeWorkersOptions, serveWorkers } from './serve-workers.js';

export { type Signal, SignalHandlers } from './signal-handlers.js';

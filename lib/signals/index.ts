export { SignalHandlers } from './signal-handlers.js';
export { type Signal, signalNumber } from './signal-names.js';

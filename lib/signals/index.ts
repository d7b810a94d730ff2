export { dieOf } from './die-of.js';
export { signalHandlersOf } from './signal-handlers.js';
export { type Signal, checkCatchable, signalName, signalNumber } from './signal-names.js';

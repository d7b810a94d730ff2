export { chooseSelector } from './choose-selector.js';
export type { DiagnosticsMessages } from './diagnostics.js';
export { EventLoop, type EventLoopOptions } from './event-loop.js';
export type { Main } from './main.js';
export { getRunningLoop, newEventLoop, run, runSync } from './run.js';
export { type RunOptions, Runner } from './runner.js';

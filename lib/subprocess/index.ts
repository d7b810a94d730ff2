export type { Stdio } from './child-stdio.js';
export { type SubprocessOptions, createSubprocess } from './create-subprocess.js';
export { Process, type ProcessOutput } from './process.js';

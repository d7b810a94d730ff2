/**
 * Module state that belongs to a kernel.
 *
 * The library remembers things about descriptors and threads in variables of its modules: who owns a number, who listens for its close,
 * spare buffers, the number of the last task. A simulation puts another kernel below the library for a while (`useBinding`), where the same
 * numbers mean other sockets, and where each run of a seed must begin with the same state. So each module sets its state aside here.
 */

/** Starts afresh. Returns a function that puts back what was there before. */
type SetAside = () => () => void;

const modules: SetAside[] = [];
const waiting: Array<() => void> = [];
let depth = 0;

/** Registers the state of a module. Called once, when the module is loaded. */
export function belongsToKernel(setAside: SetAside): void {
  modules.push(setAside);
}

/** Sets the state of all modules aside. Returns a function that puts it back; the calls must be nested. @internal */
export function enterKernel(): () => void {
  depth += 1;
  const putBack = modules.map((setAside) => setAside());
  return () => {
    for (const each of putBack.reverse()) each();
    depth -= 1;
    if (depth === 0) for (const each of waiting.splice(0)) each();
  };
}

/** Returns true while another kernel than the machine's is in use. */
export function isSimulated(): boolean {
  return depth > 0;
}

/** Calls `fn` when the machine's kernel is in use: now, or at the end of the simulation. */
export function onRealKernel(fn: () => void): void {
  if (depth === 0) fn();
  else waiting.push(fn);
}

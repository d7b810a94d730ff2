/** The public handle of a door. */

import { checkNames, wrongType, optionNames } from '../errors/index.js';
import { LoopCore } from '../loop/loop-core.js';
import { onePerLoop } from '../loop/per-loop.js';
import { Door } from './door.js';

/** Options of {@link openInspector}. */
export interface InspectorOptions {
  /**
   * Whether every viewer may control the loop: pause it, step, set breakpoints. Default: false, only one that asks for it may
   * (`selectloop inspect --control`); the others look.
   */
  control?: boolean;
  /**
   * Starts the inspector thread now instead of with the first viewer. It takes 10 MB and, once, 0.1 s of CPU time in the background. Only
   * then can a viewer connect to a loop that is stuck in a handle. Default: false.
   */
  thread?: boolean;
  /** Stops the loop at the beginning of its next iteration, until a viewer lets it run. Implies the two others. Default: false. */
  stop?: boolean;
}

const OPTIONS = optionNames<InspectorOptions>({ control: true, thread: true, stop: true });

/** The door of a loop, while it is open. */
export interface Inspector extends Disposable {
  /** The name for `selectloop ps` and the other commands, such as `4711-1`; the process ID alone is enough if it has one loop. */
  readonly name: string;
  /** The UNIX socket. */
  readonly path: string;
  /** Closes the door, unless another `openInspector` on the loop keeps it open. Idempotent. */
  close(): void;
}

/** The door of each loop, and how many handles it has. */
const doorOf = onePerLoop(() => ({ door: null as Door | null, handles: 0 }));

/**
 * Opens a door for a loop: `selectloop ps PID`, `pstree PID` and `sockets PID` then show it, from another terminal. The door closes with the
 * loop. Until the first viewer connects it is one descriptor, and the loop runs as without it.
 *
 * The socket of the door is in `$XDG_RUNTIME_DIR/selectloop` or `/tmp/selectloop-UID`, which only the user of the process can enter. A loop
 * has one door: a second call returns another handle of it.
 *
 * @throws LoopError ERR_LOOP_CLOSED, or ERR_INSPECTOR_UNAVAILABLE if the directory is not private or the package is incomplete; OSError if
 *   no descriptor is left; errors of `node:fs`
 *
 * @example
 * import { getRunningLoop, run, sleep } from 'selectloop';
 * import { openInspector } from 'selectloop/inspect';
 *
 * await run(async () => {
 *   using door = openInspector(getRunningLoop());
 *   console.log(door.name === `${process.pid}-1`); // true
 *   await sleep(10);
 * });
 */
export function openInspector(loop: LoopCore, options: InspectorOptions = {}): Inspector {
  const { control = false, thread = false, stop = false } = checkNames('openInspector: options', options, OPTIONS);
  if (!(loop instanceof LoopCore)) throw wrongType('openInspector: loop', 'an EventLoop', loop);
  if (typeof control !== 'boolean') throw wrongType('openInspector: control', 'a boolean', control);
  if (typeof thread !== 'boolean') throw wrongType('openInspector: thread', 'a boolean', thread);
  if (typeof stop !== 'boolean') throw wrongType('openInspector: stop', 'a boolean', stop);
  loop.checkOpen();
  const shared = doorOf(loop);
  if (shared.door === null || shared.door.isClosed) Object.assign(shared, { door: new Door(loop), handles: 0 });
  const door = shared.door as Door;
  if (thread || stop) door.startThread();
  if (control || stop) door.allowControl(stop);
  shared.handles += 1;
  let isOpen = true;
  const close = (): void => {
    if (!isOpen) return;
    isOpen = false;
    shared.handles -= 1;
    if (shared.handles === 0 && shared.door === door) door.close('the program has closed the door');
  };
  return { name: door.name, path: door.path, close, [Symbol.dispose]: close };
}

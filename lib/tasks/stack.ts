/**
 * The stack of a task.
 *
 * Of a suspended generator the language shows nothing, but the engine's debugger knows the place where it stands. Asking takes
 * milliseconds, the first time a few tens, and costs nothing while nobody asks. An async function that waits cannot be found at all: its name is
 * what there is to tell.
 */

import { fileURLToPath } from 'node:url';

import type { Debugger, Runtime, Session } from 'node:inspector';

import { stackOfProgram } from '../loop/debug.js';
import { Frame } from './frames.js';
import type { Steps } from './future.js';
import { runningTask } from './task-context.js';

/** What a task shows of itself. */
export interface SuspendedCode {
  readonly _label: string;
  readonly _steps: Steps<unknown> | null;
  done(): boolean;
}

/** The coroutines a task is in, the innermost first. */
export function stackOf(task: SuspendedCode): string[] {
  if (task.done()) return [];
  if ((task as object) === runningTask()) return stackOfProgram();
  const steps = task._steps;
  if (steps === null) return [task._label];
  const frames = steps instanceof Frame ? (steps as Frame<unknown>).chain() : [{ steps, name: task._label }];
  const places = placesOf(frames.map((frame) => frame.steps));
  return frames.map(({ name }, i) => (places[i] === null ? name : `${name} (${places[i]})`)).reverse();
}

/** The files of the engine's scripts, as far as they were asked for: listing all of them is what takes the time. */
const fileOfScript = new Map<string, string>();

/** Where generators stand, as `file:line:column`; null where that cannot be known. */
function placesOf(generators: object[]): Array<string | null> {
  let session: Session;
  try {
    session = new (process.getBuiltinModule('node:inspector').Session)();
    session.connect();
  } catch {
    return generators.map(() => null); // a Node that was built without a debugger
  }
  const key = Symbol.for('selectloop.inspected'); // the debugger finds objects by expressions only
  try {
    Reflect.set(globalThis, key, generators);
    return generators.map((_, i) => {
      const location = locationOf(session, `globalThis[Symbol.for('selectloop.inspected')][${i}]`);
      return location === undefined ? null : describeLocation(session, location);
    });
  } finally {
    Reflect.deleteProperty(globalThis, key);
    session.disconnect();
  }
}

/** In-process sessions answer before `post` returns. */
function locationOf(session: Session, expression: string): Debugger.Location | undefined {
  let location: Debugger.Location | undefined;
  session.post('Runtime.evaluate', { expression }, (error, evaluated: Runtime.EvaluateReturnType) => {
    const { objectId } = error === null ? evaluated.result : {};
    if (objectId === undefined) return;
    session.post('Runtime.getProperties', { objectId, ownProperties: true }, (failed, properties) => {
      const internals = failed === null ? (properties.internalProperties ?? []) : [];
      const found = internals.find(({ name }) => name === '[[GeneratorLocation]]');
      location = found?.value?.value as Debugger.Location | undefined;
    });
  });
  return location;
}

function describeLocation(session: Session, location: Debugger.Location): string | null {
  const { scriptId, lineNumber, columnNumber = 0 } = location;
  if (!fileOfScript.has(scriptId)) {
    session.on('Debugger.scriptParsed', ({ params }: { params: Debugger.ScriptParsedEventDataType }) => {
      fileOfScript.set(params.scriptId, params.url.startsWith('file://') ? fileURLToPath(params.url) : params.url);
    });
    session.post('Debugger.enable');
    session.removeAllListeners('Debugger.scriptParsed');
  }
  const file = fileOfScript.get(scriptId) ?? '';
  return file === '' ? null : `${file}:${lineNumber + 1}:${columnNumber + 1}`;
}

/**
 * The stacks of tasks.
 *
 * The language does not show where a suspended generator is, but the engine's debugger knows. Asking it takes milliseconds, the first time
 * some tens, and costs nothing otherwise. Suspended async functions cannot be found at all, so only their names are shown.
 */

import type { Debugger, Runtime, Session } from 'node:inspector';

import { stackOfProgram } from '../loop/program-stack.js';
import { fileURLToPath } from '../platform/files.js';
import { AsyncDriver } from './async-driver.js';
import { Frame } from './frames.js';
import { GeneratorDriver } from './generator-driver.js';
import { unwrapped } from './placing.js';
import { runningTask } from './task-context.js';

/** The functions in which the code of a task begins to run: the stack of the task ends there. They are identified, not called. */
// eslint-disable-next-line @typescript-eslint/unbound-method
const STEP_FUNCTIONS = [GeneratorDriver.prototype.step, AsyncDriver.prototype.begin];

/** A task, or a coroutine that an async function awaits. */
export interface SuspendedCode {
  readonly _label: string;
  /** Null for an async function, and before the code has started. */
  readonly _suspended: object | null;
  done(): boolean;
}

interface NamedFrame {
  readonly name: string;
  readonly steps: object | null;
}

/** Returns the coroutines that code is in, the innermost first; of the running task, the stack of its code. */
export function stackOf(code: SuspendedCode): string[] {
  return stacksOf([code])[0] ?? [];
}

/** `stackOf` for many at a time: opening the debugger is the expensive part. */
export function stacksOf(codes: readonly SuspendedCode[]): string[][] {
  const chains = codes.map(framesOf);
  const places = placesOf(chains.flat().flatMap(({ steps }) => steps ?? []));
  let next = 0;
  return chains.map((frames) =>
    frames
      .map(({ name, steps }) => {
        const place = steps === null ? null : places[next++];
        return typeof place === 'string' ? `${name} (${place})` : name;
      })
      .reverse(),
  );
}

/** @internal Returns where the outermost coroutine of each task is suspended, as `file:line:column`; null if that is not known. */
export function placesOfTasks(codes: readonly SuspendedCode[]): Array<string | null> {
  const generators = codes.map(({ _suspended: steps }) => (steps instanceof Frame ? steps.steps : steps));
  const places = placesOf(generators.filter((steps) => steps !== null));
  let next = 0;
  return generators.map((steps) => (steps === null ? null : (places[next++] ?? null)));
}

/** Returns the coroutines that code is in, the outermost first. Without debug mode only the outermost one is known. */
function framesOf(code: SuspendedCode): NamedFrame[] {
  if (code.done()) return [];
  if ((code as object) === runningTask()) return stackOfProgram(STEP_FUNCTIONS).map(onStack).reverse();
  const { _suspended: steps, _label: name } = code;
  return steps instanceof Frame ? (steps as Frame<unknown>).chain() : [{ name, steps }];
}

const onStack = (name: string): NamedFrame => ({ name, steps: null });

/** The files of the scripts that were asked for. Listing all of them takes most of the time. */
const fileOfScript = new Map<string, string>();

/** @internal Returns where functions begin, or those of generators, as `file:line:column`; null where that is unknown. */
export function placesOfFunctions(codes: readonly object[]): Array<string | null> {
  return placesOf(
    codes.map((code) => (code instanceof Frame ? code.steps : code)),
    beginningOf,
  );
}

/** Returns where generators are suspended, as `file:line:column`; null where that is unknown. @param locate asks for the place of an object */
function placesOf(generators: readonly object[], locate = locationOf): Array<string | null> {
  if (generators.length === 0) return [];
  let session: Session;
  try {
    session = new (process.getBuiltinModule('node:inspector').Session)();
    session.connect();
  } catch {
    return generators.map(() => null); // a Node that was built without a debugger
  }
  const key = Symbol.for('selectloop.inspected'); // the debugger finds objects only by expressions
  try {
    Reflect.set(globalThis, key, generators.map(unwrapped));
    return objectIdsOf(session, "globalThis[Symbol.for('selectloop.inspected')]").map((objectId) => {
      const location = locate(session, objectId);
      return location === undefined ? null : describeLocation(session, location);
    });
  } finally {
    Reflect.deleteProperty(globalThis, key);
    session.disconnect();
  }
}

/** Returns the debugger's ids of the elements of an array. In-process sessions answer before `post` returns. */
function objectIdsOf(session: Session, array: string): string[] {
  const ids: string[] = [];
  session.post('Runtime.evaluate', { expression: array }, (error, evaluated: Runtime.EvaluateReturnType) => {
    const { objectId } = error === null ? evaluated.result : {};
    if (objectId === undefined) return;
    session.post('Runtime.getProperties', { objectId, ownProperties: true }, (failed, properties) => {
      if (failed !== null) return;
      for (const { value } of properties.result) if (value?.objectId !== undefined) ids.push(value.objectId);
    });
  });
  return ids;
}

type Location = Debugger.Location | undefined;

function locationOf(session: Session, objectId: string): Location {
  return internalOf(session, objectId, '[[GeneratorLocation]]')?.value as Location;
}

function beginningOf(session: Session, objectId: string): Location {
  const inner = ['[[GeneratorFunction]]', '[[TargetFunction]]'].map(
    (name) => internalOf(session, objectId, name)?.objectId,
  );
  const code = inner.find((id) => id !== undefined) ?? objectId;
  return internalOf(session, code, '[[FunctionLocation]]')?.value as Location;
}

/** Returns a property that only the debugger sees. */
function internalOf(session: Session, objectId: string, wanted: string): Runtime.RemoteObject | undefined {
  let found: Runtime.RemoteObject | undefined;
  session.post('Runtime.getProperties', { objectId, ownProperties: true }, (failed, properties) => {
    const internals = failed === null ? (properties.internalProperties ?? []) : [];
    found = internals.find(({ name }) => name === wanted)?.value;
  });
  return found;
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

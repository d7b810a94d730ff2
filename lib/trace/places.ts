/**
 * The places of a recording: the lines of the program that create tasks, timers and callbacks, and that wait.
 *
 * A place is a property of the object, like its id. See lib/tasks/placing.ts for how a wait gets its line.
 */

import { runOneIteration, runUntilStopped } from '../loop/blocking.js';
import { LoopCore } from '../loop/loop-core.js';
import { type ProgramPlace as Place, placeOnStack } from '../loop/program-stack.js';
import { type Placing, type WrappedSteps, setPlacing } from '../tasks/placing.js';

const placeMark = Symbol('place in traces');

interface Marked {
  /** Null if no line of the program is known. */
  [placeMark]?: Place | null;
}

/** The line of the call that created the coroutine whose steps run; null outside of such steps. */
let placeOfCoroutine: Place | null = null;

/** The steps of a coroutine, and the line of the call that created it. */
class PlacedSteps implements Generator<unknown, unknown>, WrappedSteps {
  constructor(
    readonly _wrapped: Generator<unknown, unknown>,
    private readonly place: Place,
  ) {}

  next(value?: unknown): IteratorResult<unknown, unknown> {
    return this.stepInPlace(() => this._wrapped.next(value));
  }

  throw(error: unknown): IteratorResult<unknown, unknown> {
    return this.stepInPlace(() => this._wrapped.throw(error));
  }

  return(value: unknown): IteratorResult<unknown, unknown> {
    return this.stepInPlace(() => this._wrapped.return(value));
  }

  [Symbol.iterator](): this {
    return this;
  }

  get [Symbol.toStringTag](): string {
    return 'Generator';
  }

  [Symbol.dispose](): void {
    this.return(undefined);
  }

  stepInPlace(step: () => IteratorResult<unknown, unknown>): IteratorResult<unknown, unknown> {
    const outer = placeOfCoroutine;
    placeOfCoroutine = this.place;
    let result: IteratorResult<unknown, unknown>;
    try {
      result = step();
    } finally {
      placeOfCoroutine = outer;
    }
    // Most futures have their place by now. A waiter of a lock or a queue does not: no `yield*` hands it over.
    if (result.done !== true && typeof result.value === 'object' && result.value !== null) {
      mark(result.value, this.place);
    }
    return result;
  }
}

/**
 * The functions of the library below which a stack is no longer that of the running code: further down is the code that runs the loop, or
 * that has called the coroutine.
 */
const ENTRIES: ReadonlySet<string> = new Set(
  // eslint-disable-next-line @typescript-eslint/unbound-method -- only their names are used
  [LoopCore.prototype._runOnce, runUntilStopped, runOneIteration, PlacedSteps.prototype.stepInPlace].map(
    ({ name }) => name,
  ),
);

function placeOfRunningCode(): Place | null {
  return placeOnStack(ENTRIES) ?? placeOfCoroutine;
}

/** An object keeps its first place. One that is frozen has none. */
function mark(object: Marked, place: Place | null): void {
  if (object[placeMark] === undefined) Reflect.set(object, placeMark, place);
}

/** Gives an object the place of the running code, unless it has one. */
export function notePlace(object: object): void {
  if ((object as Marked)[placeMark] === undefined) mark(object, placeOfRunningCode());
}

/** Marks an object as one without a place. */
export function noteNoPlace(object: object): void {
  mark(object, null);
}

/** Returns the place of an object; null if it has none. */
export function placeOf(object: object): Place | null {
  return (object as Marked)[placeMark] ?? null;
}

const hooks: Placing = {
  coroutineCreated(steps) {
    const place = placeOfRunningCode();
    return place === null ? steps : (new PlacedSteps(steps, place) as unknown as typeof steps);
  },
  futureAwaited: notePlace,
};

let users = 0;

/** Takes places in this thread until the result is disposed of. */
export function takePlaces(): Disposable {
  users += 1;
  setPlacing(hooks);
  let ended = false;
  return {
    [Symbol.dispose]: () => {
      if (ended) return;
      ended = true;
      users -= 1;
      if (users === 0) setPlacing(null);
    },
  };
}

/** A task that was given a function, before its first step calls it: the result shows which driver the task needs. */

import { isGeneratorFunction } from '../loop/callback.js';
import { AsyncDriver } from './async-driver.js';
import type { DrivenTask, Driver } from './driver.js';
import { GeneratorDriver } from './generator-driver.js';
import { type PlaceOfCall, placeForSteps, placeOfCall } from './place-of-call.js';
import type { Cancellable } from './waitable.js';

/** Starts a function as a task. */
export class NotStarted<T> implements Driver {
  readonly _suspended = null;
  /** Null for a `function*`, unless its loop enters the places of generators. */
  private readonly place: PlaceOfCall | null;

  constructor(
    private readonly task: DrivenTask<T>,
    private readonly fn: () => unknown,
  ) {
    this.place = isGeneratorFunction(fn) ? placeForSteps(task._loop) : placeOfCall();
  }

  run(): void {
    const { task, fn, place } = this;
    const request = task._takeRequest();
    if (request !== null) {
      task._threw(request); // cancelled before it began: the function is never called
    } else if (place === null || isGeneratorFunction(fn)) {
      this.beginGenerator();
    } else {
      const driver = new AsyncDriver(task);
      task._driver = driver; // before the call: the function may already await in it
      driver.begin(fn, place);
    }
  }

  private beginGenerator(): void {
    const { task, fn, place } = this;
    let driver: GeneratorDriver<T>;
    try {
      driver = new GeneratorDriver(task, fn() as Generator<unknown, T>, place);
    } catch (error) {
      task._threw(error); // the default value of a parameter has thrown
      return;
    }
    task._driver = driver;
    driver.step(null);
  }

  waitsFor(): readonly Cancellable[] {
    return [];
  }

  interrupt(): void {}
}

/** The findings of one run of a program, shared by all its ends. */

import type { ExceptionContext } from 'selectloop';

import type { End } from './end.js';
import type { Action, Callback } from './program.js';

const LONGEST_LOG = 60;

/** An error that the program throws on purpose. */
export class PlannedError extends Error {
  override readonly name = 'PlannedError';
}

/** Thrown when a promise is broken, to end the current call. */
class Broken extends Error {}

export class Promises {
  /** The first promise that was broken. */
  violation: string | null = null;
  /** The number of transport calls on the stack. */
  depth = 0;
  /** Incremented by every call of a protocol. */
  progress = 0;
  /** The last calls, if they are logged. */
  readonly log: string[] = [];
  private readonly planned = new Set<PlannedError>();

  /**
   * @param actionsOf what the program plans for a call of a protocol
   * @param logging whether calls are logged
   */
  constructor(
    private readonly actionsOf: (end: End, callback: Callback, nth: number) => Iterable<() => void>,
    private readonly logging: boolean,
  ) {}

  violate(text: string): void {
    if (this.violation === null) this.note(null, `BROKEN: ${text}`);
    this.violation ??= text;
    throw new Broken(text);
  }

  note(end: End | null, text: string): void {
    this.progress += 1;
    if (!this.logging) return;
    this.log.push(end === null ? text : `${end.name} < ${text}`);
    if (this.log.length > LONGEST_LOG) this.log.shift();
  }

  trace(end: End, action: Action): void {
    if (!this.logging) return;
    const { do: name, ...rest } = action;
    this.note(null, `${end.name} > ${name} ${Object.keys(rest).length > 0 ? JSON.stringify(rest) : ''}`);
  }

  hooks(end: End, callback: Callback, nth: number): void {
    for (const action of this.actionsOf(end, callback, nth)) action();
  }

  /** An error to throw on purpose; it has to be reported once. */
  plan(): PlannedError {
    const error = new PlannedError(`planned error ${this.planned.size + 1}`);
    this.planned.add(error);
    return error;
  }

  /** A context was passed to the loop's exception handler. */
  reported({ message, exception, transport }: ExceptionContext, ends: readonly End[]): void {
    if (exception instanceof Broken || this.violation !== null) return;
    this.note(null, `report: ${message}: ${String(exception)}`);
    if (exception instanceof PlannedError && this.planned.delete(exception)) return;
    if (exception === undefined && ends.some((end) => end.mayReport && end.transport === transport)) return;
    const detail = exception instanceof Error ? (exception.stack ?? exception.message) : String(exception);
    this.violation = `a report that the program has not caused: ${message}\n${detail}`;
  }

  checkReports(): void {
    const [missing] = this.planned;
    if (missing !== undefined) this.violation ??= `${missing.message} was thrown and never reported`;
  }
}

/** Runs one program, and returns the first promise that it found broken. */

import { readdirSync } from 'node:fs';

import { type Steps, getRunningLoop, isCancelled, sleep } from 'selectloop';

import { expectQuiet, waiting } from '../../support/every-loop.js';
import { End } from './end.js';
import { mediumNamed } from './media.js';
import { type EndName, type Hook, PLAIN, type Program, nameOf } from './program.js';
import { Promises } from './promises.js';
import { Random } from '../random.js';

/** How a program ended. */
export interface Outcome {
  /** The first broken promise; null if all were kept. */
  readonly violation: string | null;
  /** The last calls, if they were logged. */
  readonly log: readonly string[];
}

export interface RunSettings {
  readonly logging?: boolean;
  /** How long nothing may happen while bytes are missing. Default: 5000. */
  readonly stallMs?: number;
}

const CLOSES_TOO_LATE_MS = 3000;
const BOTH_CLOSE_MS = 60;

export async function runProgram(program: Program, settings: RunSettings = {}): Promise<Outcome> {
  const running = new RunningProgram(program, settings);
  const kind = mediumNamed(program.transport).loops.find(({ name }) => name === program.loop)!;
  try {
    await kind.run(() => running.steps());
  } catch (error) {
    running.promises.violation ??= `the program failed: ${(error as Error).stack ?? String(error)}`;
  }
  return { violation: running.promises.violation, log: running.promises.log };
}

class RunningProgram {
  readonly promises: Promises;
  private readonly ends: End[] = [];
  private readonly hooks: readonly Hook[];
  private readonly stallMs: number;

  constructor(
    private readonly program: Program,
    { logging = false, stallMs = 5000 }: RunSettings,
  ) {
    this.stallMs = stallMs;
    this.hooks = program.items.filter((item) => item.at === 'call');
    this.promises = new Promises((end, callback, nth) => {
      const planned = this.hooks.filter(
        (hook) => hook.callback === callback && hook.nth === nth && this.endOf(hook.of) === end,
      );
      return planned.map((hook) => () => {
        const target: End | undefined = hook.action.do === 'throw' ? end : this.endOf(hook.end);
        if (target?.opened) target.act(hook.action); // undefined while the connections before it are opened
      });
    }, logging);
  }

  *steps(): Steps<void> {
    const { promises, program, ends } = this;
    getRunningLoop().setExceptionHandler((_, context) => promises.reported(context, ends));
    const before = { ...waiting(), descriptors: descriptors() };
    try {
      yield* this.open();
      for (const item of program.items) {
        if (promises.violation !== null) return;
        if (item.at === 'step') this.act(item.end, item.action);
        else if (item.at === 'turns') for (let i = 0; i < item.count; i += 1) yield;
        else if (item.at === 'settle') yield* this.settle(() => this.allArrived());
        else if (item.at === 'drain') yield* this.drain(this.endOf(item.end));
      }
      yield* this.finish();
      for (const end of ends) this.checkEnd(end);
      promises.checkReports();
      if (promises.violation === null) yield* this.checkNothingLeft(before);
    } catch (error) {
      if (isCancelled(error)) throw error; // the loop itself has failed, and reports why
      promises.violation ??= `an unexpected error: ${(error as Error).stack ?? String(error)}`;
    } finally {
      for (const end of ends) if (end.opened) end.transport.abort();
    }
  }

  private *open(): Steps<void> {
    const { program, promises, ends } = this;
    const medium = mediumNamed(program.transport);
    for (let connection = 0; connection < program.connections; connection += 1) {
      const [a, b] = (['a', 'b'] as const).map((side, i) => {
        const shape = program.items.find(
          (item) => item.at === 'shape' && item.end.connection === connection && item.end.side === side,
        );
        const name = nameOf({ connection, side }, program.connections);
        const end = new End(name, 2 * connection + i, promises, shape?.at === 'shape' ? shape.shape : PLAIN);
        ends.push(end);
        return end;
      }) as [End, End];
      a.peer = b;
      b.peer = a;
      yield* medium.open(a, b, new Random(program.seed * 31 + connection));
    }
  }

  private endOf({ connection, side }: EndName): End {
    return this.ends[2 * connection + (side === 'a' ? 0 : 1)]!;
  }

  private act(name: EndName, action: Parameters<End['act']>[0]): void {
    this.endOf(name).act(action);
  }

  // --- Waiting ------------------------------------------------------------------------------------------------------

  private *drain(end: End): Steps<void> {
    for (let i = 0; i < 100 && end.writingPaused && !end.over; i += 1) yield;
  }

  /** Resumes reading everywhere, and waits until `done`. Events must keep happening until then. */
  private *settle(done: () => boolean): Steps<void> {
    const { promises } = this;
    let { progress } = promises;
    let since = performance.now();
    for (let idle = 0; promises.violation === null; idle += 1) {
      for (const end of this.ends) if (end.readingPaused && !end.over) end.act({ do: 'resumeReading' });
      if (done()) return;
      if (promises.progress !== progress) {
        ({ progress } = promises);
        since = performance.now();
        idle = 0;
      } else if (performance.now() - since > this.stallMs) {
        promises.violation ??= `no more events happen, ${this.missing()}`;
        return;
      } else if (performance.now() - since > BOTH_CLOSE_MS) this.releaseClosing();
      if (idle < 100) yield;
      else yield* sleep(0.5);
    }
  }

  /** Two ends that close with more to send than the kernel accepts wait for each other, as neither reads. No promise covers this. */
  private releaseClosing(): void {
    for (const end of this.ends) {
      const both = [end, end.peer].every((each) => each.transport.isClosing() && each.lost === null);
      if (both) end.act({ do: 'abort' });
    }
  }

  private allArrived(): boolean {
    return this.ends.every((end) => arrived(end));
  }

  private missing(): string {
    const open = this.ends.filter((end) => end.lost === null);
    const texts = open.map(
      (end) =>
        `${end.name} has ${end.received} of ${end.peer.accepted} bytes${end.sawEof ? ' and the end' : ''} ${end.transport.toString()}`,
    );
    return texts.join('; ');
  }

  private *finish(): Steps<void> {
    yield* this.settle(() => this.allArrived());
    for (const end of this.ends) if (end.name.startsWith('a')) end.act({ do: 'close' });
    yield* this.settle(() => this.ends.every((end) => end.name.startsWith('a') || end.over || end.sawEof));
    for (const end of this.ends) end.act({ do: 'close' });
    yield* this.settle(() => this.ends.every((end) => end.lost !== null));
  }

  // --- Checks at the end --------------------------------------------------------------------------------------------

  private checkEnd(end: End): void {
    const { peer } = end;
    end.checkKept();
    if (this.promises.violation !== null || !peer.mustArrive || end.stopped || end.broke) return;
    if (end.received !== peer.accepted)
      this.promises.violation = `${end.name}: lost bytes: ${end.received} of ${peer.accepted} have arrived`;
  }

  private *checkNothingLeft(before: { readers: number; writers: number; descriptors: number }): Steps<void> {
    const { promises } = this;
    const end = performance.now() + CLOSES_TOO_LATE_MS;
    while (descriptors() > before.descriptors) {
      if (performance.now() > end) {
        promises.violation = `${descriptors() - before.descriptors} descriptors are left open`;
        return;
      }
      yield* sleep(1);
    }
    const { readers, writers } = waiting();
    if (readers !== before.readers || writers !== before.writers) {
      promises.violation = `registrations are left: ${readers - before.readers} readers, ${writers - before.writers} writers`;
      return;
    }
    yield* expectQuiet(2);
  }
}

/** True when everything on its way to this end has arrived, or never will. */
function arrived(end: End): boolean {
  const { peer } = end;
  if (end.over || end.sawEof) return true;
  const ended = peer.ending !== null || peer.over;
  return !ended && end.received === peer.accepted;
}

function descriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

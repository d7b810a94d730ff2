/** The level at which a loop is watched: none of its instruments is installed before a viewer asks for it. */

import type { ObservedLoop } from '../loop/instrument.js';
import type { LoopCore } from '../loop/loop-core.js';
import { onePerLoop } from '../loop/per-loop.js';
import { Measure } from './measure.js';
import { MeasuringRecorder } from './measuring-recorder.js';
import type { EncodedTrace } from '../trace/numbers.js';
import { Recorder } from '../trace/recorder.js';
import { type Level, MOST_ROWS } from './protocol.js';

/** How many events are kept at the level `record`: the last second of a busy loop. */
const MOST_EVENTS = 100_000;

/** How many tasks, timers, descriptors and handles a state has that is taken again and again: more than a page shows. */
const MOST_OBJECTS = 500;

function first<T>(all: Iterable<T>): T[] {
  const found: T[] = [];
  for (const each of all) {
    if (found.length >= MOST_OBJECTS) break;
    found.push(each);
  }
  return found;
}

/** Returns a loop that shows only the beginning of what it holds. */
function excerptOf(loop: ObservedLoop): ObservedLoop {
  return {
    time: () => loop.time(),
    statistics: () => loop.statistics(),
    getDebug: () => loop.getDebug(),
    _isHosted: () => loop._isHosted(),
    _isStopping: () => loop._isStopping(),
    _state: () => {
      const state = loop._state();
      return {
        ...state,
        ready: first(state.ready),
        heap: first(state.heap),
        descriptors: first(state.descriptors),
        tasks: first(state.tasks),
      };
    },
  };
}

/** What watches one loop. */
class Levels {
  private level: Level = 'look';
  private installed: Disposable | null = null;
  private measuring: Measure | null = null;
  private recorder: Recorder | null = null;
  /** Whether recordings that begin from now on have the lines of the program. */
  places = false;

  constructor(private readonly loop: LoopCore) {}

  /** What was measured; null at a lower level. */
  get measure(): Measure | null {
    return this.measuring;
  }

  /** Installs the instruments of a level and removes those of another. A lower level drops what a higher one has measured. */
  set(level: Level): void {
    if (level === this.level) return;
    this.level = level;
    this.installed?.[Symbol.dispose]();
    this.measuring = level === 'look' ? null : (this.measuring ?? new Measure(this.loop));
    const { measuring, places } = this;
    this.recorder =
      level === 'record' && measuring !== null
        ? new MeasuringRecorder(measuring, { maxEvents: MOST_EVENTS, places })
        : null;
    const instrument = this.recorder ?? measuring;
    this.installed = instrument === null ? null : this.loop.addInstrument(instrument);
  }

  /** Returns what was recorded, with at least the last `events` events; at a lower level, a trace with the present state alone. */
  trace(events: number): EncodedTrace {
    if (this.recorder !== null) return this.recorder._recent(events === MOST_ROWS ? Infinity : events);
    const snapshot = new Recorder({ maxEvents: 1000, maxEventsPerIteration: 100 });
    snapshot.attached(excerptOf(this.loop)); // takes the state, without being installed
    const trace = snapshot._recent(1);
    snapshot.detached();
    return trace;
  }
}

/** Returns the levels of a loop. */
export const levelsOf = onePerLoop((loop) => new Levels(loop));

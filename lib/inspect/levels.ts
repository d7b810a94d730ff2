/** The level at which a loop is watched: none of its instruments is installed before a viewer asks for it. */

import type { LoopCore } from '../loop/loop-core.js';
import { onePerLoop } from '../loop/per-loop.js';
import { Measure } from './measure.js';
import type { Level } from './protocol.js';

/** What watches one loop. */
class Levels {
  private level: Level = 'look';
  private installed: Disposable | null = null;
  private measuring: Measure | null = null;

  constructor(private readonly loop: LoopCore) {}

  /** What was measured; null at a lower level. */
  get measure(): Measure | null {
    return this.measuring;
  }

  /** Installs the instruments of a level and removes those of another. What was measured is dropped at the level `look`. */
  set(level: Level): void {
    if (level === this.level) return;
    this.level = level;
    this.installed?.[Symbol.dispose]();
    this.installed = null;
    this.measuring = null;
    if (level === 'look') return;
    this.measuring = new Measure(this.loop);
    this.installed = this.loop.addInstrument(this.measuring);
  }
}

/** Returns the levels of a loop. */
export const levelsOf = onePerLoop((loop) => new Levels(loop));

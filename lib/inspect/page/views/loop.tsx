/** The view of the loop: the steps, the sentence, and a panel for each part of the state. */

import type { Place } from '../../../trace/events.js';
import type { Model } from '../model.js';
import type { Parts, Summary } from '../timeline.js';
import type { Telling } from '../words.js';
import { Heap } from './heap.js';
import { Iterations } from './iterations.js';
import { Sentence } from './item.js';
import { type Log, Ran, ReadyQueue, Running } from './queue.js';
import { SelectorView } from './selector.js';
import { Source } from './source.js';
import { Stations } from './stations.js';
import { Tasks } from './tasks.js';

interface Props {
  readonly model: Model;
  readonly telling: Telling;
  readonly log: Log;
  readonly place: Place | undefined;
  readonly parts: Parts;
  readonly iterations: readonly Summary[];
  /** False if only the present is known, and not what has led to it. */
  readonly hasPast?: boolean;
  readonly onSeek: (stop: number) => void;
}

export function LoopView({ model, telling, log, place, parts, iterations, hasPast = true, onSeek }: Props) {
  const { step, what, why } = telling;
  const bare = !parts.timers && !parts.selector;
  const inMiddle = model.subject.program.own === true; // little else is there
  const linked = new Set<string>();
  const history = iterations.length > 0 && <Iterations model={model} iterations={iterations} onSeek={onSeek} />;
  return (
    <>
      <section class="now-bar" aria-label="Now">
        <Stations model={model} step={step} parts={parts} />
        <div class="sentence" aria-live="polite" aria-atomic="true">
          <p class="what">
            <Sentence model={model} words={what} linked={linked} />
          </p>
          <p class="why">
            <Sentence model={model} words={why} linked={linked} />
          </p>
        </div>
      </section>
      <div class={`panels ${bare ? 'bare' : ''}`}>
        <div class="column">
          <ReadyQueue model={model} step={step} />
          {hasPast && <Running model={model} step={step} log={log} onSeek={onSeek} />}
          {hasPast && <Ran model={model} step={step} />}
          {hasPast && !inMiddle && history}
        </div>
        <div class="column">
          {parts.timers && <Heap model={model} step={step} />}
          {parts.selector && <SelectorView model={model} step={step} />}
          {hasPast && inMiddle && history}
          {bare && <Tasks model={model} counts={hasPast} />}
        </div>
        <div class="column">
          <Source model={model} place={place} />
          {!bare && <Tasks model={model} counts={hasPast} />}
        </div>
      </div>
    </>
  );
}

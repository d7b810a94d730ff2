/** The view of the loop: its present state, and where it has stopped. */

import { useEffect, useState } from 'preact/hooks';

import type { PauseStation } from '../../protocol.js';
import { count, plural } from '../format.js';
import type { Model } from '../model.js';
import { logOf, placeOf } from '../stop.js';
import type { Timeline } from '../timeline.js';
import { Page } from '../views/context.js';
import { useKeys } from '../views/keys.js';
import { LoopView } from '../views/loop.js';
import { type Step, type Telling, type Words, tell } from '../words.js';
import { share } from './rates.js';
import type { Session } from './session.js';

export interface TabProps {
  readonly session: Session;
  readonly openGuide: (entry: string) => void;
}

/** The steps at which the loop stops: what it has just done, before it goes on. */
const STEPS: Readonly<Record<PauseStation, Step>> = { timeout: 1, select: 2, descriptors: 3, timers: 4, run: 5 };

/** Even a loop that has none at the moment has these. */
const PARTS = { timers: true, selector: true };

const NO_LOG = { earlier: 0, lines: [] };

export function LoopTab({ session, openGuide }: TabProps) {
  const [selected, setSelected] = useState<number | null>(null);
  useEffect(() => session.watch('state'), []);
  useKeys(({ key }) => {
    if (key === 'Escape') setSelected(null);
  });
  const { timeline, paused } = session;
  if (timeline === null) return <p class="plain">Waiting for the loop…</p>;
  const stop = timeline.ends.length - 1;
  const model = timeline.at(stop);
  const hasPast = stop > 0;
  const isStopped = paused !== null && hasPast;
  const context = {
    ...{ selected, related: model.related(selected), openGuide },
    select: (id: number | null) => setSelected(id === selected ? null : id),
  };
  const all = session.summaries.at(-1)?.statistics['tasks'] ?? 0;
  const shown = model.state.tasks.size;
  return (
    <Page.Provider value={context}>
      {!hasPast && all > shown && (
        <p class="quiet small">{`The first ${count(shown)} of ${plural(all, 'task')}: the tab Tasks finds all.`}</p>
      )}
      <LoopView
        model={model}
        telling={tellingOf(session, timeline, model)}
        log={isStopped ? logOf(timeline, model, stop) : NO_LOG}
        parts={PARTS}
        iterations={timeline.around(stop)}
        place={isStopped ? placeOf(timeline, model, stop) : undefined}
        hasPast={hasPast}
        onSeek={() => session.openPast()}
      />
    </Page.Provider>
  );
}

function tellingOf(session: Session, timeline: Timeline, model: Model): Telling {
  const { paused, level } = session;
  if (paused === null) {
    const next =
      level === 'record'
        ? 'This is its state a moment ago. Stop it to see each step, or open what it has done last.'
        : 'This is its state a moment ago. What it does step by step is seen at the level Record, and where it is stopped.';
    return { step: -1, what: running(session), why: [next] };
  }
  const step = STEPS[paused.station];
  const events = timeline.eventsOf(timeline.ends.length - 1);
  const reason = REASONS.has(paused.reason) ? [] : [`Stopped because ${paused.reason}. `];
  const still = 'Paused: the loop’s time stands still.';
  if (events.length === 0) return { step, what: [`Iteration ${count(paused.iteration)}.`], why: [...reason, still] };
  const { what, why } = tell(model, events);
  return { step, what, why: [...reason, ...why, why.length > 0 ? ' ' : '', still] };
}

/** Why the loop stops if it is no breakpoint. */
const REASONS = new Set(['step', 'iteration', 'slow']);

function running({ summaries, ending }: Session): Words {
  if (ending !== null) return ['The loop is out of sight.'];
  const rates = share(summaries);
  if (rates === null) return ['The loop runs.'];
  const { iterationsPerSecond, handles } = rates;
  return [
    `The loop runs: ${count(Math.round(iterationsPerSecond))} iterations a second, ${percent(handles)} of the time in handles.`,
  ];
}

export const percent = (part: number): string =>
  part > 0 && part < 0.005 ? 'less than 1 %' : `${Math.round(100 * part)} %`;

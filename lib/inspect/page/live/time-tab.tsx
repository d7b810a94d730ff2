/** Where the loop's time goes: the share of handles, how long they run, and the slowest. */

import { useEffect, useState } from 'preact/hooks';

import type { LagSummary, SlowHandle } from '../../protocol.js';
import { count, duration } from '../format.js';
import { Page } from '../views/context.js';
import { Panel } from '../views/panel.js';
import { Histogram } from './histogram.js';
import { type TabProps, percent } from './loop-tab.js';
import { pageOf } from './page-of.js';
import { Place } from './place.js';
import { share } from './rates.js';
import type { Session } from './session.js';

export function TimeTab({ session, openGuide }: TabProps) {
  const { level } = session;
  const [places, setPlaces] = useState(false);
  useEffect(() => session.watch({ table: 'lag', places, everyMs: 1000 }), [places]);
  const lag = session.tables.lag ?? null;
  return (
    <Page.Provider value={pageOf(openGuide)}>
      <div class="panels two">
        <div class="column">
          <Panel title="Share of the time" what="What the loop’s thread does." guide="iteration">
            <Shares session={session} />
          </Panel>
          <Panel title="How long they run" what="While one runs, everything else waits." guide="handle" class="lag">
            {lag === null ? <NotMeasured session={session} isOff={level === 'look'} /> : <Lag lag={lag} />}
            {session.summaries.at(-1)?.hosted === true && (
              <p class="quiet small">Code of async functions after an await runs outside of handles.</p>
            )}
          </Panel>
        </div>
        <div class="column">
          <Panel
            title="Slowest handles"
            what="What has kept the others waiting longest."
            guide="handle"
            class="slowest"
          >
            {lag === null || lag.slowest.length === 0 ? (
              <p class="empty">{lag === null ? 'not measured' : 'nothing has run yet'}</p>
            ) : (
              <>
                <p class="tools">
                  <label
                    class="small"
                    title="The engine is asked once for each where its function begins: the loop stops for half a millisecond."
                  >
                    <input type="checkbox" checked={places} onChange={() => setPlaces(!places)} /> lines
                  </label>
                </p>
                <Slowest handles={lag.slowest} nowMs={session.summaries.at(-1)?.atMs ?? 0} />
              </>
            )}
          </Panel>
        </div>
      </div>
    </Page.Provider>
  );
}

function NotMeasured({ session, isOff }: { readonly session: Session; readonly isOff: boolean }) {
  if (!isOff) return <p class="empty">waiting for the loop</p>;
  return (
    <p>
      Handles are timed from the level Measure on.{' '}
      <button type="button" class="more" disabled={session.ending !== null} onClick={() => session.setLevel('measure')}>
        Measure
      </button>
    </p>
  );
}

function Shares({ session: { summaries, paused } }: { readonly session: Session }) {
  const rates = share(summaries);
  if (rates === null) return <p class="empty">{paused === null ? 'waiting for the loop' : 'its time stands still'}</p>;
  const { select, handles, seconds, iterationsPerSecond } = rates;
  const hosted = summaries.at(-1)?.hosted === true;
  const parts = [
    { name: 'waits in select', part: select, kind: 'select' },
    { name: 'runs handles', part: handles, kind: 'handles' },
    {
      name: hosted ? 'Node, promises, the loop itself' : 'the loop itself',
      part: Math.max(1 - select - handles, 0),
      kind: 'rest',
    },
  ];
  return (
    <>
      <div class="shares" aria-hidden="true">
        {parts.map(({ part, kind }) => (
          <i class={kind} style={{ width: `${100 * part}%` }} key={kind} />
        ))}
      </div>
      <ul class="legend">
        {parts.map(({ name, part, kind }) => (
          <li key={kind}>
            <i class={kind} aria-hidden="true" /> {name} <b>{percent(part)}</b>
          </li>
        ))}
      </ul>
      <p class="quiet small">
        {`The last ${seconds.toFixed(1)} s: ${count(Math.round(iterationsPerSecond))} iterations a second.`}
      </p>
    </>
  );
}

function Lag({ lag }: { readonly lag: LagSummary }) {
  const [isIterations, setIterations] = useState(false);
  const view = (iterations: boolean, title: string) => (
    <button type="button" aria-pressed={isIterations === iterations} onClick={() => setIterations(iterations)}>
      {title}
    </button>
  );
  return (
    <>
      <p class="tools">
        <span class="switch" role="group" aria-label="What is counted">
          {view(false, 'Handles')}
          {view(true, 'Iterations')}
        </span>
      </p>
      <Histogram
        counts={isIterations ? lag.iterations : lag.handles}
        what={isIterations ? 'iterations' : 'handles'}
        longestMs={isIterations ? null : (lag.slowest[0]?.ms ?? null)}
      />
    </>
  );
}

function Slowest({ handles, nowMs }: { readonly handles: readonly SlowHandle[]; readonly nowMs: number }) {
  const [longest] = handles;
  return (
    <ol class="ran">
      {handles.map(({ ms, name, task, atMs, place }, i) => (
        <li key={i}>
          <span class="who">
            {task?.replace(/ (generator|anonymous\(\))$/, '') ?? name} {place !== null && <Place of={place} />}{' '}
            <span class="quiet small">{`${(Math.max(nowMs - atMs, 0) / 1000).toFixed(1)} s ago`}</span>
          </span>
          <span class="bar" aria-hidden="true">
            <i style={{ width: `${(100 * ms) / (longest?.ms ?? 1)}%` }} />
          </span>
          <span class="took">{duration(ms)}</span>
        </li>
      ))}
    </ol>
  );
}

/** The five steps of the loop in a row, with a way back, and what is outside of them. The current one is marked. */

import { useContext } from 'preact/hooks';

import { count, duration, plural } from '../format.js';
import type { Model } from '../model.js';
import type { Parts } from '../timeline.js';
import type { Step } from '../words.js';
import { Page } from './context.js';

interface Station {
  /** 6: of a loop that has nothing but a queue. */
  readonly step: Step | 6;
  readonly name: string;
  /** What it has found in this iteration. */
  readonly fact: (model: Model) => string;
}

const STATIONS: readonly Station[] = [
  { step: 1, name: 'Drop cancelled', fact: () => '' },
  {
    step: 2,
    name: 'Timeout',
    fact: ({ state: { select } }) =>
      select === null ? '' : select.timeoutMs === null ? 'no limit' : duration(select.timeoutMs),
  },
  {
    step: 3,
    name: 'Poll',
    fact: ({ state: { select } }) =>
      select?.endMs == null && (select?.ready.length ?? 0) === 0 ? '' : `${count(select?.ready.length ?? 0)} ready`,
  },
  {
    step: 4,
    name: 'Due timers',
    fact: ({ state: { fired } }) => (fired.length === 0 ? '' : `${count(fired.length)} due`),
  },
  {
    step: 5,
    name: 'Run',
    fact: ({ state: { ran, left } }) =>
      ran.length + left === 0 ? '' : `${count(ran.length)} of ${count(ran.length + left)}`,
  },
  { step: 0, name: 'Outside', fact: () => '' },
];

/** Of a loop that has nothing but a queue. */
const BARE: readonly Station[] = [
  {
    step: 6,
    name: 'Take the queue',
    fact: ({ state: { ran, left } }) => (ran.length + left === 0 ? '' : plural(ran.length + left, 'handle')),
  },
  ...STATIONS.slice(4),
];

interface Props {
  readonly model: Model;
  readonly step: Step;
  readonly parts: Parts;
}

export function Stations({ model, step, parts }: Props) {
  const { openGuide } = useContext(Page);
  const hosted = model.subject.program.mode === 'hosted';
  const bare = !parts.timers && !parts.selector;
  const here = bare && step === 5 && model.state.station === 'timers' ? 6 : step;
  const stations = bare ? BARE : STATIONS.filter(({ step: each }) => has(each, parts));
  return (
    <ol class="stations" aria-label="Steps of an iteration" style={{ '--n': stations.length }}>
      {stations.map(({ step: each, name, fact }) => (
        <li class={`${each === here ? 'here' : ''} ${each === 0 ? 'outside' : ''}`} key={each}>
          <button
            type="button"
            aria-current={each === here ? 'step' : undefined}
            title={each === 0 ? 'What runs between two iterations' : 'Its entry in the guide'}
            onClick={() => openGuide(each === 0 ? 'outside' : bare ? 'iteration' : `step-${each}`)}
          >
            <span class="number">{each === 0 || bare ? '' : each}</span>
            <span class="name">{name}</span>
            <span class="fact">{each === 0 ? (hosted ? 'Node, promises' : 'no iteration') : fact(model)}</span>
          </button>
        </li>
      ))}
    </ol>
  );
}

/** Whether a loop has a step: not every loop has timers, or a selector. */
function has(step: Station['step'], { timers, selector }: Parts): boolean {
  if (step === 1 || step === 4) return timers;
  return step === 2 || step === 3 ? selector : true;
}

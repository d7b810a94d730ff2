/** The timer heap, as the tree that it is and as the array in which it lies. */

import { useContext, useState } from 'preact/hooks';

import type { TimerState } from '../../../trace/events.js';
import { duration, plural } from '../format.js';
import type { Model } from '../model.js';
import type { Step } from '../words.js';
import { Page } from './context.js';
import { Panel } from './panel.js';

/** The levels of the tree that have room for names; one more is drawn as dots. */
const NAMED_LEVELS = 3;
const NAMED = 2 ** NAMED_LEVELS - 1;
const DRAWN = 2 ** (NAMED_LEVELS + 1) - 1;
/** The height of a level, in pixels. */
const LEVEL = 58;

const levelOf = (place: number): number => 31 - Math.clz32(place + 1);

/** Where a place of the array is in the tree: the middle, in per cent of the width, and the top. */
function position(place: number): { readonly x: number; readonly y: number } {
  const level = levelOf(place);
  const across = place + 1 - 2 ** level;
  return { x: (100 * (across + 0.5)) / 2 ** level, y: level * LEVEL };
}

export function Heap({ model, step }: { readonly model: Model; readonly step: Step }) {
  const [limit, setLimit] = useState(DRAWN);
  // Loops of the examples have a sorted list, with what the library keeps in a heap.
  const own = model.subject.program.own === true;
  const timers = [...model.state.heap];
  if (own) timers.sort((a, b) => a.when - b.when || a.sequence - b.sequence);
  const drawn = timers.slice(0, DRAWN);
  const last = drawn.length - 1;
  const height = last < 0 ? 0 : position(Math.min(last, NAMED - 1)).y + 44 + (last >= NAMED ? 30 : 0);
  return (
    <Panel
      title={own ? 'Timers' : 'Timer heap'}
      what={
        own
          ? 'What runs at a certain time, the first deadline first.'
          : 'What runs at a certain time. The first deadline is at the top.'
      }
      guide="heap"
      count={timers.length}
      active={step === 1 || step === 4}
    >
      {timers.length === 0 && <p class="empty">no timers</p>}
      {timers.length > 0 && !own && (
        <>
          <div class="tree" style={{ height: `${height}px` }}>
            <svg aria-hidden="true" width="100%" height={height}>
              {drawn.slice(1).map((timer, i) => {
                const child = position(i + 1);
                const parent = position(i >> 1);
                const end = i + 1 < NAMED ? child.y + 10 : child.y;
                return <line key={timer.id} x1={`${parent.x}%`} y1={parent.y + 30} x2={`${child.x}%`} y2={end} />;
              })}
            </svg>
            {drawn.map((timer, place) => (
              <Node model={model} timer={timer} place={place} key={timer.id} />
            ))}
          </div>
          {timers.length > DRAWN && <p class="quiet small">{plural(timers.length - DRAWN, 'more', 'more')} below</p>}
          <h3>The same in its array</h3>
        </>
      )}
      {timers.length > 0 && (
        <>
          <ol class={`array ${own ? 'list' : ''}`}>
            {timers.slice(0, limit).map((timer, place) => (
              <Cell model={model} timer={timer} place={place} key={timer.id} />
            ))}
          </ol>
          {timers.length > limit && (
            <button type="button" class="more" onClick={() => setLimit(limit * 4)}>
              {plural(timers.length - limit, 'more', 'more')}
            </button>
          )}
        </>
      )}
    </Panel>
  );
}

interface TimerProps {
  readonly model: Model;
  readonly timer: TimerState;
  readonly place: number;
}

/** When a timer is due, in words. */
function due(model: Model, { when, cancelled }: TimerState): string {
  if (cancelled) return 'cancelled';
  const ms = model.untilDue(when);
  return ms > 0 ? `in ${duration(ms)}` : 'due';
}

/** What a timer is called in the heap: the task that it wakes, or its callback. */
function nameOf(model: Model, { id }: TimerState): string {
  const task = model.taskOf(id);
  return task === 0 ? model.label(id) : model.label(task);
}

function usePicked({ id }: TimerState): { readonly picked: string; readonly press: () => void; readonly on: boolean } {
  const { selected, related, select } = useContext(Page);
  return { picked: related.has(id) ? 'picked' : '', press: () => select(id), on: selected === id };
}

function Node({ model, timer, place }: TimerProps) {
  const { picked, press, on } = usePicked(timer);
  const { x, y } = position(place);
  const named = place < NAMED;
  const level = levelOf(place);
  const text = `${nameOf(model, timer)} ${due(model, timer)}`;
  return (
    <button
      type="button"
      class={`node ${named ? '' : 'small-node'} ${picked} ${timer.cancelled ? 'cancelled' : ''}`}
      style={{ left: `${x}%`, top: `${y}px`, maxWidth: named ? `${100 / 2 ** level - 2}%` : undefined }}
      title={`${model.label(timer.id)}: ${text}`}
      aria-label={text}
      aria-pressed={on}
      onClick={press}
    >
      {named && (
        <>
          <span class="name">{nameOf(model, timer)}</span>
          <span class="due">{due(model, timer)}</span>
        </>
      )}
    </button>
  );
}

function Cell({ model, timer, place }: TimerProps) {
  const { picked, press, on } = usePicked(timer);
  return (
    <li>
      <button
        type="button"
        class={`cell ${picked} ${timer.cancelled ? 'cancelled' : ''}`}
        aria-pressed={on}
        title={`${model.label(timer.id)} ${due(model, timer)}`}
        onClick={press}
      >
        <span class="place">{place}</span>
        <span class="name">{nameOf(model, timer)}</span>
        {model.subject.program.own === true && <span class="place">{due(model, timer)}</span>}
      </button>
    </li>
  );
}

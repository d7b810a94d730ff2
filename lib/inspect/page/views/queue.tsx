/** The ready queue, what runs, and what has run in this iteration. */

import { useState } from 'preact/hooks';

import { duration, plural } from '../format.js';
import type { Model } from '../model.js';
import type { Step, Words } from '../words.js';
import { Item, Sentence } from './item.js';
import { Panel } from './panel.js';

const FIRST = 12;

interface Props {
  readonly model: Model;
  readonly step: Step;
}

export function ReadyQueue({ model, step }: Props) {
  const [limit, setLimit] = useState(FIRST);
  const { ready, left } = model.state;
  const all = [...ready];
  const now = all.slice(0, Math.max(left, 0));
  const later = all.slice(now.length);
  // Before everything is collected, all of the queue is for this iteration.
  const splits = step === 5 || step === 0;
  const groups = splits ? [now, later] : [all, []];
  const heading = ['This iteration', 'Next iteration'];
  return (
    <Panel
      title="Ready queue"
      what="What can run now, first in, first out."
      guide="ready-queue"
      count={all.length}
      active={step === 3 || step === 4}
    >
      {all.length === 0 && <p class="empty">empty</p>}
      {groups.map(
        (ids, group) =>
          ids.length > 0 && (
            <div class="group" key={group}>
              {splits && <h3>{heading[group]}</h3>}
              <ol class="queue">
                {ids.slice(0, limit).map((id, i) => (
                  <li key={`${id} ${i}`}>
                    <Item model={model} id={id} arrow />
                  </li>
                ))}
              </ol>
              {ids.length > limit && (
                <button type="button" class="more" onClick={() => setLimit(limit * 4)}>
                  {plural(ids.length - limit, 'more', 'more')}
                </button>
              )}
            </div>
          ),
      )}
    </Panel>
  );
}

/** What has happened since a handle began to run. */
export interface Log {
  /** How many stops came before these. */
  readonly earlier: number;
  readonly lines: ReadonlyArray<{ readonly stop: number; readonly words: Words }>;
}

interface RunningProps extends Props {
  readonly log: Log;
  readonly onSeek: (stop: number) => void;
}

export function Running({ model, step, log, onSeek }: RunningProps) {
  const { running, ran, atMs } = model.state;
  const task = running === 0 ? 0 : model.taskOf(running);
  const started = ran.at(-1)?.startMs ?? atMs;
  const { earlier, lines } = log;
  const isHosted = model.subject.program.mode === 'hosted';
  return (
    <Panel
      title="Running"
      what="The one handle that runs. Everything else waits for it."
      guide="handle"
      active={step === 5}
      class="running"
    >
      {running === 0 ? (
        <p class="empty">
          {step === 0 && lines.length > 0 && isHosted ? 'no handle: Node and its promises run' : 'nothing'}
        </p>
      ) : (
        <p class="now">
          <Item model={model} id={task === 0 || model.name(running).kind === 'callback' ? running : task} />
          {model.functionOf(task) !== '' && <code>{model.functionOf(task)}</code>}
          <span class="quiet">for {duration(atMs - started)}</span>
        </p>
      )}
      {earlier > 0 && <p class="quiet small">{plural(earlier, 'earlier step')}</p>}
      <ol class="log">
        {lines.map(({ stop, words }, i) => (
          <li key={stop} class={i === lines.length - 1 ? 'latest' : ''}>
            <button type="button" class="dot" aria-label="Go there" onClick={() => onSeek(stop)} />
            <span>
              <Sentence model={model} words={words} />
            </span>
          </li>
        ))}
      </ol>
    </Panel>
  );
}

export function Ran({ model, step }: Props) {
  const [limit, setLimit] = useState(FIRST);
  const { ran, skipped } = model.state;
  const finished = ran.filter(({ endMs }) => endMs !== null);
  const longest = Math.max(...finished.map(({ startMs, endMs }) => (endMs ?? 0) - startMs), 0.001);
  const shown = finished.slice(-limit);
  return (
    <Panel
      title="Ran in this iteration"
      what="How long each handle kept the others waiting."
      guide="iteration"
      count={finished.length}
      active={step === 5 && model.state.running === 0}
    >
      {finished.length + skipped.length === 0 && <p class="empty">nothing yet</p>}
      {finished.length > limit && (
        <button type="button" class="more" onClick={() => setLimit(limit * 4)}>
          {plural(finished.length - limit, 'earlier one')}
        </button>
      )}
      <ol class="ran">
        {shown.map(({ id, task, startMs, endMs, error }, i) => (
          <li key={i}>
            <Item model={model} id={task === 0 || model.name(id).kind === 'callback' ? id : task} />
            {error !== 0 && <b class="error">{model.label(error)}</b>}
            <span class="bar" aria-hidden="true">
              <i style={{ width: `${(100 * ((endMs ?? 0) - startMs)) / longest}%` }} />
            </span>
            <span class="took">{duration((endMs ?? 0) - startMs)}</span>
          </li>
        ))}
        {skipped.map((id) => (
          <li key={id} class="skipped">
            <Item model={model} id={id} />
            <span class="quiet">cancelled, skipped</span>
          </li>
        ))}
      </ol>
    </Panel>
  );
}

/** The iterations around the current one: how long each waited, and what it ran. */

import { duration } from '../format.js';
import type { Model } from '../model.js';
import type { Summary } from '../timeline.js';
import { Item } from './item.js';
import { Panel } from './panel.js';

interface Props {
  readonly model: Model;
  readonly iterations: readonly Summary[];
  readonly onSeek: (stop: number) => void;
}

export function Iterations({ model, iterations, onSeek }: Props) {
  const { iteration } = model.state;
  return (
    <Panel
      title="Iterations"
      what={`What each ran. ${
        model.subject.program.own === true
          ? 'Some programs call one a tick, or a loop step.'
          : 'A handle that becomes ready runs in the next.'
      }`}
      guide="iteration"
    >
      <ol class="iterations">
        {iterations.map(({ stop, number, waitedMs, ran, more }) => (
          <li class={number === iteration ? 'here' : ''} key={stop}>
            <button type="button" class="go" aria-current={number === iteration} onClick={() => onSeek(stop)}>
              {number}
            </button>
            <span class="ids">
              {ran.map((id, i) => (
                <Item model={model} id={id} key={i} />
              ))}
              {more > 0 && <span class="quiet">{`and ${more} more`}</span>}
              {ran.length === 0 && <span class="quiet">nothing</span>}
            </span>
            <span class="took">{waitedMs !== null && waitedMs >= 0.5 && `waited ${duration(waitedMs)}`}</span>
          </li>
        ))}
      </ol>
    </Panel>
  );
}

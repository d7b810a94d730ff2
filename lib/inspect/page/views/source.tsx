/** The program's own lines: the one where the running task is, or the selected object, and how many tasks wait at each. */

import { useContext, useEffect, useRef } from 'preact/hooks';

import type { Place } from '../../../trace/events.js';
import { plural } from '../format.js';
import type { Model } from '../model.js';
import { Page } from './context.js';
import { Panel } from './panel.js';

interface Props {
  readonly model: Model;
  /** The line of what happens at this stop. */
  readonly place: Place | undefined;
}

export function Source({ model, place }: Props) {
  const { selected, select } = useContext(Page);
  const { sources } = model.subject;
  const wanted = (selected === null ? undefined : model.place(selected)) ?? place;
  const last = useRef<Place | undefined>(undefined);
  if (wanted !== undefined) last.current = wanted;
  const shown = last.current;
  const text = shown === undefined ? Object.values(sources ?? {})[0] : sources?.[shown.file];
  const file = shown?.file ?? Object.keys(sources ?? {})[0];
  const line = useRef<HTMLLIElement>(null);
  useEffect(() => {
    const row = line.current;
    const pane = row?.parentElement;
    // Scrolls the pane alone: scrollIntoView would move the page.
    if (row != null && pane != null) pane.scrollTop = row.offsetTop - pane.clientHeight / 2 + row.offsetHeight;
  }, [file, shown?.line]);
  if (text === undefined || file === undefined) {
    if (wanted === undefined) return null;
    return (
      <Panel title="Source" what="The line where this happens." guide="task">
        <p class="code file">{`${wanted.file}:${wanted.line}`}</p>
      </Panel>
    );
  }
  const waiting = waitingAt(model, file);
  return (
    <Panel title="Source" what={nameOf(file)} guide="task" class="source">
      <ol class="code" tabIndex={0} aria-label={`Source of ${nameOf(file)}`}>
        {text.split('\n').map((content, i) => {
          const number = i + 1;
          const here = number === wanted?.line;
          const tasks = waiting.get(number) ?? [];
          return (
            <li class={here ? 'here' : ''} ref={number === shown?.line ? line : null} key={number}>
              <span class="number">{number}</span>
              <span class="text">{content === '' ? ' ' : content}</span>
              {tasks.length > 0 && (
                <button
                  type="button"
                  class="waiting"
                  title={`${plural(tasks.length, 'task waits', 'tasks wait')} here`}
                  onClick={() => select(tasks[0] ?? null)}
                >
                  {tasks.length === 1 ? model.label(tasks[0]!) : plural(tasks.length, 'task')}
                </button>
              )}
            </li>
          );
        })}
      </ol>
    </Panel>
  );
}

const nameOf = (file: string): string => file.slice(file.lastIndexOf('/') + 1);

function waitingAt(model: Model, file: string): Map<number, number[]> {
  const found = new Map<number, number[]>();
  for (const id of model.state.tasks.keys()) {
    const place = model.waitingPlace(id);
    if (place?.file !== file) continue;
    const tasks = found.get(place.line) ?? [];
    tasks.push(id);
    found.set(place.line, tasks);
  }
  return found;
}

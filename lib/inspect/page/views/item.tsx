/** An object of the loop, as a button: pressing it selects the object, which is then marked wherever the page shows it. */

import { useContext } from 'preact/hooks';

import type { Model } from '../model.js';
import type { Words } from '../words.js';
import { Page } from './context.js';
import { Icon, type IconName } from './icons.js';
import { termsIn } from './terms.js';

interface Props {
  readonly model: Model;
  readonly id: number;
  /** What to show instead of its name. */
  readonly text?: string;
  /** Whether to say which task it resumes. */
  readonly arrow?: boolean;
}

const ICONS: Readonly<Record<string, IconName>> = {
  task: 'task',
  timer: 'timer',
  callback: 'callback',
  wait: 'timer',
  continuation: 'task',
  descriptor: 'descriptor',
  error: 'failed',
  result: 'done',
};

/** Returns the icon of an object. A wait is a timer only while it is in the heap, or was. */
function iconOf(model: Model, id: number): IconName {
  const { kind, name } = model.name(id);
  if (kind !== 'wait') return ICONS[kind] ?? 'callback';
  if (name.startsWith('sleep') || model.dueIn(id) !== undefined) return 'timer';
  return name.startsWith('fd ') ? 'descriptor' : 'task';
}

export function Item({ model, id, text, arrow = false }: Props) {
  const { selected, related, select } = useContext(Page);
  const task = arrow ? model.taskOf(id) : 0;
  const label = text ?? model.label(id);
  return (
    <button
      type="button"
      class={`item ${related.has(id) || (task !== 0 && related.has(task)) ? 'picked' : ''}`}
      aria-pressed={selected === id}
      title={model.name(id).function}
      onClick={(event) => {
        event.stopPropagation();
        select(id);
      }}
    >
      <Icon name={iconOf(model, id)} />
      <span class="name">{label}</span>
      {task !== 0 && task !== id && !label.startsWith(model.label(task)) && (
        <span class="for"> {model.label(task)}</span>
      )}
    </button>
  );
}

interface SentenceProps {
  readonly model: Model;
  readonly words: Words;
  /** The terms that are linked already. Absent: none is linked. */
  readonly linked?: Set<string>;
}

/** Shows words: the objects in them as items, an error or a result as text, and each term once as a link to the guide. */
export function Sentence({ model, words, linked }: SentenceProps) {
  const { openGuide } = useContext(Page);
  return (
    <>
      {words.map((part, i) => {
        if (typeof part === 'string') {
          if (linked === undefined) return part;
          return termsIn(part, linked).map(([text, entry]) =>
            entry === '' ? (
              text
            ) : (
              <button type="button" class="term" onClick={() => openGuide(entry)} key={text}>
                {text}
              </button>
            ),
          );
        }
        if (['error', 'result'].includes(model.name(part).kind)) return <b key={i}>{model.label(part)}</b>;
        return <Item model={model} id={part} key={i} />;
      })}
    </>
  );
}

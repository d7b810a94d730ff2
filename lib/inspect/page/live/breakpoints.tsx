/** The breakpoints: a list, and a form for one more. */

import { useState } from 'preact/hooks';

import type { Breakpoint } from '../../protocol.js';
import { Icon } from '../views/icons.js';
import type { Session } from './session.js';

type On = Breakpoint['on'];

interface Kind {
  readonly on: On;
  readonly text: string;
  /** What is to be entered; null: nothing. */
  readonly value: string | null;
  /** Of the value; null: it is text. */
  readonly least: number | null;
  readonly optional?: boolean;
}

const TASK = { value: 'name of the task, or empty for any', least: null, optional: true };

const KINDS: readonly Kind[] = [
  { on: 'resumes', text: 'a task resumes', ...TASK },
  { on: 'fails', text: 'a task fails', ...TASK },
  { on: 'cancelled', text: 'a task is cancelled', ...TASK },
  { on: 'ready', text: 'a descriptor is ready', value: 'fd, or empty for any', least: 0, optional: true },
  { on: 'timer', text: 'a timer fires', value: null, least: null },
  { on: 'throws', text: 'a handle throws', value: null, least: null },
  { on: 'slow', text: 'a handle runs longer than', value: 'milliseconds', least: 0 },
  { on: 'queue', text: 'the ready queue is longer than', value: 'handles', least: 0 },
  { on: 'iteration', text: 'an iteration begins', value: 'its number', least: 1 },
];

/** Returns the breakpoint of an entry; null if its value is no number. */
function breakpointOf({ on, optional = false, least, value }: Kind, entered: string): Breakpoint | null {
  const text = entered.trim();
  if (value === null || (optional && text === '')) return { on } as Breakpoint;
  if (least === null) return { on, task: text } as Breakpoint;
  const number = Number(text);
  if (text === '' || !Number.isSafeInteger(number) || number < least) return null;
  if (on === 'ready') return { on, fd: number };
  if (on === 'slow') return { on, ms: number };
  if (on === 'queue') return { on, longerThan: number };
  return { on: 'iteration', number };
}

/** A breakpoint in words. */
function textOf(breakpoint: Breakpoint): string {
  const { text } = KINDS.find(({ on }) => on === breakpoint.on)!;
  switch (breakpoint.on) {
    case 'ready':
      return breakpoint.fd === undefined ? text : `fd ${breakpoint.fd} is ready`;
    case 'resumes':
    case 'fails':
    case 'cancelled':
      return breakpoint.task === undefined ? text : text.replace('a task', breakpoint.task);
    case 'slow':
      return `${text} ${breakpoint.ms} ms`;
    case 'queue':
      return `${text} ${breakpoint.longerThan}`;
    case 'iteration':
      return `iteration ${breakpoint.number} begins`;
    default:
      return text;
  }
}

const LIMITS = [
  [60, '1 minute'],
  [600, '10 minutes'],
  [0, 'never'],
] as const;

/** The limits to choose from, with the one that the command line has set. */
function limitsWith(seconds: number): ReadonlyArray<readonly [number, string]> {
  return LIMITS.some(([each]) => each === seconds) ? LIMITS : [[seconds, `${seconds} s`], ...LIMITS];
}

export function Breakpoints({ session }: { readonly session: Session }) {
  const { breakpoints } = session;
  const [kind, setKind] = useState(KINDS[0]!);
  const [value, setValue] = useState('');
  const made = breakpointOf(kind, value);
  const add = (event: Event): void => {
    event.preventDefault();
    if (made === null) return;
    session.setBreakpoints([...breakpoints, made]);
    setValue('');
  };
  return (
    <section class="breakpoints" aria-label="Breakpoints">
      <ul>
        {breakpoints.map((each, i) => (
          <li key={i}>
            {textOf(each)}
            <button
              type="button"
              class="plain-button"
              aria-label={`Remove: ${textOf(each)}`}
              onClick={() => session.setBreakpoints(breakpoints.filter((_, at) => at !== i))}
            >
              <Icon name="close" />
            </button>
          </li>
        ))}
      </ul>
      <form onSubmit={add}>
        <label>
          Stop when{' '}
          <select
            aria-label="Kind of breakpoint"
            value={kind.on}
            onChange={({ currentTarget }) => setKind(KINDS.find(({ on }) => on === currentTarget.value)!)}
          >
            {KINDS.map(({ on, text }) => (
              <option value={on} key={on}>
                {text}
              </option>
            ))}
          </select>
        </label>
        {kind.value !== null && (
          <input
            class="filter"
            type="text"
            inputMode={kind.least === null ? 'text' : 'numeric'}
            aria-label={kind.value}
            placeholder={kind.value}
            value={value}
            onInput={({ currentTarget }) => setValue(currentTarget.value)}
          />
        )}
        <button type="submit" class="more" disabled={made === null}>
          Add
        </button>
        <label class="small quiet">
          A stopped loop runs again after{' '}
          <select
            value={session.limitMs / 1000}
            onChange={({ currentTarget }) => (session.limitMs = 1000 * Number(currentTarget.value))}
          >
            {limitsWith(session.limitMs / 1000).map(([seconds, text]) => (
              <option value={seconds} key={seconds}>
                {text}
              </option>
            ))}
          </select>
        </label>
      </form>
    </section>
  );
}

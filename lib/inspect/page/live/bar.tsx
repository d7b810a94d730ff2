/** The bar at the bottom: run, pause, step, iteration, slow motion, breakpoints, and where the loop is. */

import { useState } from 'preact/hooks';

import { count, duration } from '../format.js';
import { Icon, type IconName } from '../views/icons.js';
import { useKeys } from '../views/keys.js';
import { Breakpoints } from './breakpoints.js';
import type { Session } from './session.js';

const RATES = [1, 2, 5, 10, 20];

const READ_ONLY = 'This page can only look. One that selectloop inspect --control serves can also stop the loop.';

interface Props {
  readonly session: Session;
  /** False while a dialog is open. */
  readonly keysOn: boolean;
}

interface Command {
  readonly label: string;
  readonly icon: IconName;
  readonly key: string;
  readonly keyName: string;
  readonly can: boolean;
  readonly act: () => void;
}

export function Bar({ session, keysOn }: Props) {
  const [rate, setRate] = useState(2);
  const [isOpen, setOpen] = useState(false);
  const { paused, breakpoints, level, ending } = session;
  const control = session.hello?.control === true && ending === null;
  const isStopped = paused !== null;
  const isSlow = session.rate > 0;
  const commands: Command[] = [
    {
      ...{ label: 'What it did before', icon: 'back', key: 'ArrowLeft', keyName: 'left' },
      can: level === 'record' && ending === null,
      act: () => session.openPast(),
    },
    {
      ...{ label: 'Slow motion', icon: 'slow', key: 's', keyName: 's' },
      can: control && !isSlow,
      act: () => session.slow(rate),
    },
    {
      ...(isStopped || isSlow ? { label: 'Run', icon: 'play' } : { label: 'Pause', icon: 'pause' }),
      ...{ key: ' ', keyName: 'space', can: control },
      act: () => (isStopped || isSlow ? session.run() : session.pause()),
    },
    {
      ...{ label: 'Step', icon: 'next', key: 'ArrowRight', keyName: 'right' },
      can: control,
      act: () => session.step('step'),
    },
    {
      ...{ label: 'Iteration', icon: 'iterationNext', key: 'Shift+ArrowRight', keyName: 'Shift + right' },
      can: control,
      act: () => session.step('iteration'),
    },
  ];

  useKeys((event) => {
    if (!keysOn || event.ctrlKey || event.altKey || event.metaKey) return;
    const { target } = event;
    if (target instanceof HTMLInputElement || target instanceof HTMLSelectElement) return;
    if (event.key === ' ' && target instanceof HTMLButtonElement) return;
    const pressed = (event.shiftKey ? 'Shift+' : '') + event.key;
    const command = commands.find(({ key }) => key === pressed);
    if (command === undefined) return;
    event.preventDefault();
    if (command.can) command.act();
  });

  return (
    <nav class="controls live" aria-label="Control">
      {isOpen && <Breakpoints session={session} />}
      {session.hello?.control !== true && <p class="reason quiet small">{READ_ONLY}</p>}
      <div class="settings">
        <label class="small">
          Slow motion:{' '}
          <select
            value={rate}
            disabled={!control}
            onChange={({ currentTarget }) => {
              setRate(Number(currentTarget.value));
              if (isSlow) session.slow(Number(currentTarget.value));
            }}
          >
            {RATES.map((each) => (
              <option value={each} key={each}>
                {each}
              </option>
            ))}
          </select>{' '}
          stops a second
        </label>
        <button
          type="button"
          class="more"
          aria-expanded={isOpen}
          disabled={!control && !isOpen}
          onClick={() => setOpen(!isOpen)}
        >
          <Icon name="breakpoint" /> Breakpoints{breakpoints.length > 0 && <b> {breakpoints.length}</b>}
        </button>
      </div>
      <div class="buttons">
        {commands.map(({ label, icon, keyName, can, act }) => (
          <button
            type="button"
            class={`round ${keyName === 'space' ? 'play' : ''}`}
            aria-label={label}
            title={`${label} (${keyName})`}
            aria-disabled={!can}
            onClick={() => can && act()}
            key={label}
          >
            <Icon name={icon} />
          </button>
        ))}
      </div>
      <Where session={session} />
    </nav>
  );
}

function Where({ session: { paused, summaries, timeline, ending, rate } }: { readonly session: Session }) {
  const loop = summaries.at(-1);
  const iteration = paused?.iteration ?? loop?.statistics['iterations'] ?? timeline?.lastIteration ?? 0;
  const atMs = paused?.atMs ?? loop?.atMs ?? 0;
  const state = ending !== null ? 'no connection' : paused === null ? 'running' : rate > 0 ? 'slow motion' : 'paused';
  return (
    <p class="where" role="status">
      <span class="state">{state}</span>
      <span aria-hidden="true">
        iteration <b class="iteration">{count(iteration)}</b>
      </span>
      <span aria-hidden="true">
        loop time <b class="time">{duration(atMs)}</b>
      </span>
    </p>
  );
}

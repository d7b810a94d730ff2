/** The short guide: what the words on the page mean, and the five steps, numbered as in docs/guide/the-loop.md. Every panel links into it. */

import { useLayoutEffect, useRef } from 'preact/hooks';

import { Icon } from './icons.js';

interface Entry {
  readonly id: string;
  readonly term: string;
  readonly text: string;
}

const STEPS: readonly Entry[] = [
  {
    id: 'step-1',
    term: 'Drop cancelled timers',
    text: 'Most timers are timeouts, and most timeouts are cancelled before they are due. The loop drops those at the top of the heap, so that it does not wake up for nothing.',
  },
  {
    id: 'step-2',
    term: 'Compute the timeout',
    text: 'How long the poll may wait. 0 if a handle is ready; otherwise until the first deadline; without a timer there is no limit, and only a descriptor can end the wait.',
  },
  {
    id: 'step-3',
    term: 'Poll the selector',
    text: 'The only place where the program waits. The kernel puts the thread to sleep until a descriptor is ready or the timeout has passed. Whatever waits for a ready descriptor goes on the ready queue.',
  },
  {
    id: 'step-4',
    term: 'Collect due timers',
    text: 'Every timer whose deadline has passed goes from the heap to the ready queue.',
  },
  {
    id: 'step-5',
    term: 'Run the ready queue',
    text: 'Each handle that is on the queue at this moment runs, until it ends or has to wait. What becomes ready meanwhile runs in the next iteration, so that no handle can keep the loop from polling.',
  },
];

const WORDS: readonly Entry[] = [
  {
    id: 'iteration',
    term: 'Iteration',
    text: 'One pass of the loop through its five steps; also called a tick. A loop that has only a queue takes what is in it, and runs that. JavaScript runs one thing at a time: while a handle runs, everything else waits.',
  },
  {
    id: 'handle',
    term: 'Handle',
    text: 'Something that the loop can run: a callback, or the next step of a task. The handle “X step” runs the next step of the task X.',
  },
  {
    id: 'ready-queue',
    term: 'Ready queue',
    text: 'The handles that can run now, first in, first out.',
  },
  {
    id: 'task',
    term: 'Task',
    text: 'A coroutine (an async function, or a generator) that the loop runs in steps. The main task is the first one: when it is done, the loop stops.',
  },
  {
    id: 'step',
    term: 'Step of a task',
    text: 'What a task does from one wait to the next. Nothing interrupts it.',
  },
  {
    id: 'wait',
    term: 'Wait',
    text: 'A task that waits is parked: it is on no queue, and uses no CPU time. It waits for a future, that is, a result which will be there later: a timer is due, a descriptor is ready, or another task is done.',
  },
  {
    id: 'wake-up',
    term: 'Wake-up',
    text: 'The handle that a future puts on the ready queue when it is done, one for each task that waits for it. In the loops of the first lessons it only schedules the next step of that task. So a wait takes two iterations there: one for the wake-up, and one for the step. In tiny.ts and in selectloop the handle makes the step itself.',
  },
  {
    id: 'cancel',
    term: 'Cancel',
    text: 'To end the wait of a task with an error, CancelledError. A cancelled callback or timer does not run.',
  },
  {
    id: 'heap',
    term: 'Timer heap',
    text: 'Everything that has to run at a certain time, its deadline. It is due when that has passed. In the tree, no timer is due before the one above it, so the first deadline is always at the top. The tree is kept in an array: the children of place n are at 2n+1 and 2n+2.',
  },
  {
    id: 'descriptor',
    term: 'Descriptor',
    text: 'The number by which a program names a socket, or anything else that is open in the kernel. It is readable when data, a client or the end of the connection has arrived, and writable when the kernel has room for more data.',
  },
  {
    id: 'outside',
    term: 'Outside',
    text: 'Between two iterations, Node runs its own callbacks and continues async functions after their await. Before the first iteration, the program sets up the loop.',
  },
];

/** The full guide, if the page knows its address: a site that has it sets `data-guide` of the html element. */
const fullGuide = (): string | undefined => document.documentElement.dataset['guide'];

interface Props {
  /** The entry to show; null: closed; '': from the beginning. */
  readonly entry: string | null;
  readonly onClose: () => void;
}

export function Guide({ entry, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  // Before the page is painted: a key that is pressed immediately is meant for the guide.
  useLayoutEffect(() => {
    if (entry === null) return;
    dialog.current?.showModal();
    if (entry !== '') document.getElementById(`guide-${entry}`)?.scrollIntoView({ block: 'center' });
  }, [entry]);
  if (entry === null) return null;
  const address = fullGuide();
  const item = ({ id, term, text }: Entry) => (
    <li id={`guide-${id}`} class={id === entry ? 'asked' : ''} key={id}>
      <strong>{term}.</strong> {text}
    </li>
  );
  return (
    <dialog
      ref={dialog}
      class="guide"
      aria-labelledby="guide-title"
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && dialog.current?.close()}
    >
      <div>
        <header>
          <h2 id="guide-title">How the loop works</h2>
          <button type="button" class="plain-button" aria-label="Close" onClick={() => dialog.current?.close()}>
            <Icon name="close" />
          </button>
        </header>
        <p>
          An event loop waits until something can run, runs it, and waits again. It repeats these five steps; one pass
          is an iteration.
        </p>
        <ol class="steps">{STEPS.map(item)}</ol>
        <h3>The words</h3>
        <ul>{WORDS.map(item)}</ul>
        {address !== undefined && (
          <p>
            <a href={address}>The whole guide</a>
          </p>
        )}
      </div>
    </dialog>
  );
}

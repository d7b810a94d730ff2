/** What happens at a stop, in words. */

import { Code, LIMITS, OUTCOMES, type TraceEvent } from '../../trace/events.js';
import { count, duration, plural, readiness } from './format.js';
import type { Model } from './model.js';

/** Text with objects in it: a number is the id of one, which the page shows by its name. */
export type Words = ReadonlyArray<string | number>;

/** A step of the loop as docs/guide/the-loop.md numbers them; 0: outside of an iteration; -1: not known. */
export type Step = -1 | 0 | 1 | 2 | 3 | 4 | 5;

/** A stop in words. */
export interface Telling {
  readonly step: Step;
  /** What happens. */
  readonly what: Words;
  /** Why, or what follows from it; empty if there is nothing to add. */
  readonly why: Words;
}

/** Returns the step of a state. */
function stepOf({ state }: Model, codes: readonly number[] = []): Step {
  switch (state.station) {
    case 'timeout':
      return 1;
    case 'select':
      return codes.includes(Code.selectStart) || codes.length === 0 ? 2 : 3;
    case 'descriptors':
      return 3;
    case 'timers':
      return codes.includes(Code.iterationStart) ? 5 : 4;
    case 'run':
      return 5;
    case 'outside':
      return codes.includes(Code.iterationEnd) ? 5 : 0;
  }
}

/** Tells what the events of a stop have done. @param model the state after them */
export function tell(model: Model, events: readonly TraceEvent[]): Telling {
  const codes = events.map(([code]) => code);
  const main = events.findLast(([code]) => !AFTERTHOUGHTS.has(code)) ?? events.at(-1);
  const [what, why = []] = main === undefined ? BEGINNING : sentence(model, main, events);
  return { step: stepOf(model, codes), what, why };
}

/** The last event of a stop is its subject, except for these: they come with what caused them. */
const AFTERTHOUGHTS = new Set<number>([Code.taskRenamed]);

const BEGINNING: readonly [Words, Words] = [
  ['The recording begins.'],
  ['Go on with the right arrow key, or drag the slider.'],
];

type Sentence = readonly [what: Words, why?: Words];

function sentence(model: Model, event: TraceEvent, events: readonly TraceEvent[]): Sentence {
  const [code, , a = 0, b = 0, c = 0] = event;
  const { state } = model;
  switch (code) {
    case Code.iterationStart: {
      const timers = state.heap.size === 0 ? '' : `, ${plural(state.heap.size, 'timer')} in the ${heapOf(model)}`;
      return [[`Iteration ${count(a)} begins.`], [`${queued(state.ready.length)}${timers}.`]];
    }
    case Code.timerDropped:
      return [['The loop drops ', a, ` from the top of the ${heapOf(model)}.`], ['It was cancelled.']];
    case Code.timersCompacted:
      return [
        ['The heap is rebuilt without its cancelled timers.'],
        [`${plural(state.heap.size, 'timer is', 'timers are')} left.`],
      ];
    case Code.selectStart:
      return timeout(model, a < 0 ? null : a, LIMITS[b] ?? 'none');
    case Code.descriptorReady:
      return descriptorReady(model, event);
    case Code.selectEnd:
      return pollEnded(model);
    case Code.timerFired:
      return [
        [a, ' is due.'],
        [`It moves from the ${heapOf(model)} to the ready queue`, ...resumes(model, a), '.'],
      ];
    case Code.collected:
      return collected(model, events);
    case Code.handleStart: {
      const { wakes, name } = model.name(a);
      const what = ['The loop takes ', a, ' from the ready queue, and calls it.'];
      if (stops(model, a)) return [what, ['It was to be called when the main task is done, and it stops the loop.']];
      if (wakes === undefined) return [what];
      return [what, ['What ', wakes, ` waits for is done: this ${kindOf(name)} schedules its next step.`]];
    }
    case Code.handleSkipped:
      return [['The loop takes ', a, ' from the ready queue, and does not run it.'], ['It was cancelled.']];
    case Code.handleFailed:
      return [[a, ' throws ', b, '.'], ['The loop passes the error to its exception handler, and continues.']];
    case Code.enqueued:
      return enqueued(model, event, events);
    case Code.timerScheduled:
      return [['The timer ', a, ` joins the ${heapOf(model)}, due in ${duration(model.untilDue(b))}.`]];
    case Code.timerCancelled:
      return [[a, ' is cancelled.'], ['A cancelled timer stays in the heap until it is at the top.']];
    case Code.taskStep:
      return resumed(model, event);
    case Code.taskWaits:
      return waits(model, a, b, events);
    case Code.taskCreated:
      return created(model, a);
    case Code.gap:
      return [[`${plural(a, 'event')} of this iteration are not in the recording.`], ['It had too many.']];
    case Code.taskCancelRequested:
      return [
        b === 0 ? ['The cancellation of ', a, ' is requested.'] : [b, ' cancels ', a, '.'],
        ['Its wait will end with a CancelledError.'],
      ];
    case Code.taskDone:
      return ended(a, OUTCOMES[b] ?? 'returned', c, events);
    case Code.iterationEnd:
      return iterationEnded(model);
    case Code.detached:
      return detached(model);
    default:
      return [['Something happens that this page does not know.']];
  }
}

/** Where the timers are: the loops of the examples keep them in a sorted list. */
const heapOf = ({ subject }: Model): string => (subject.program.own === true ? 'list of timers' : 'heap');

/** What the handle is that wakes a task: a wake-up is called so. */
const kindOf = (name: string): string => (name.endsWith('wake-up') ? 'wake-up' : 'handle');

/** Whether a handle of a program's own loop is the callback that stops it. */
function stops({ ending, subject }: Model, handle: number): boolean {
  const { task, wakes } = subject.names[handle] ?? {};
  return (
    subject.program.own === true && ending?.isLast === true && ending.handle === handle && (task ?? wakes) === undefined
  );
}

/** The end: what the program has returned or thrown, and why the loop stops. */
function detached({ ending, state }: Model): Sentence {
  const recording = 'The recording ends.';
  if (ending === null || (ending.isLast && state.tasks.has(ending.task))) return [[recording]];
  const { task, outcome, what, isLast } = ending;
  const how =
    outcome === 'cancelled'
      ? [' was cancelled']
      : outcome === 'failed'
        ? [' has thrown ', what]
        : [' has returned', ...(what === 0 ? [] : [' ', what])];
  return isLast
    ? [['The loop stops, because the main task is done: ', task, ...how, '.'], [recording]]
    : [['The loop stops, because no task is left. The main task, ', task, ',', ...how, '.'], [recording]];
}

/** Says which task a handle resumes, if it is not the task itself. */
function resumes(model: Model, handle: number): Words {
  const task = model.taskOf(handle);
  if (task === 0 || task === handle) return [];
  return [model.name(handle).wakes === undefined ? ', and will resume ' : ', and will wake ', task];
}

function queued(n: number): string {
  return n === 0 ? 'The ready queue is empty' : `${plural(n, 'handle is', 'handles are')} on the ready queue`;
}

function timeout(model: Model, timeoutMs: number | null, limit: string): Sentence {
  const { ready, heap } = model.state;
  const atMost = timeoutMs === null ? '' : duration(timeoutMs);
  switch (limit) {
    case 'ready':
      return [['The timeout of the poll is 0: it will not wait.'], [`${queued(ready.length)}.`]];
    case 'stopping':
      return [['The timeout of the poll is 0: it will not wait.'], ['The loop was asked to stop.']];
    case 'timer': {
      const first = heap.peek()?.id;
      return [
        [`The poll may wait at most ${atMost}.`],
        [
          'Nothing is ready; that is the time until ',
          ...(first === undefined ? ['the first timer'] : [first]),
          ' is due.',
        ],
      ];
    }
    case 'node':
      return timeoutMs === 0
        ? [['The timeout of the poll is 0: it will not wait.'], ['Node has callbacks to run.']]
        : [[`The poll may wait at most ${atMost}.`], ['A timer of Node itself is due then.']];
    case 'caller':
      return [[`The poll may wait at most ${atMost}.`], ['The caller of the loop has set this limit.']];
    default:
      return [
        ['The poll may wait without a limit.'],
        ['Nothing is ready, and there is no timer: only a descriptor can end the wait.'],
      ];
  }
}

function waited(model: Model): string {
  const { select, atMs } = model.state;
  if (select === null || select.timeoutMs === 0) return '';
  return `After ${duration((select.endMs ?? atMs) - select.startMs)}, `;
}

function pollEnded(model: Model): Sentence {
  const { select } = model.state;
  const ready = select?.ready.length ?? 0;
  if (ready > 0)
    return [
      [`The poll returns: ${plural(ready, 'descriptor is', 'descriptors are')} ready.`],
      ['What waits for them is on the ready queue.'],
    ];
  if (select === null || select.timeoutMs === 0) return [['The poll returns immediately: no descriptor is ready.']];
  const waitedMs = (select.endMs ?? 0) - select.startMs;
  const full = select.timeoutMs !== null && waitedMs >= select.timeoutMs * 0.98;
  return [
    [`The poll waited ${duration(waitedMs)}. No descriptor became ready.`],
    [full ? 'The timeout has passed. Meanwhile the kernel had put the thread to sleep.' : 'The poll was interrupted.'],
  ];
}

function descriptorReady(model: Model, event: TraceEvent): Sentence {
  const [, , fd = 0, ready = 0, reader = 0, writer = 0, id = 0] = event;
  const first = model.state.select?.ready[0];
  const isFirst = first === undefined || (first.fd === fd && model.state.select?.ready.length === 1);
  const start = isFirst ? waited(model) : '';
  const because = `${start === '' ? 'The' : 'the'} poll returns, because `;
  const what = [...(isFirst ? [start + because] : []), id, ` (fd ${fd}) ${readiness(ready)}${isFirst ? '' : ', too'}.`];
  const waiters = [...new Set([reader, writer])].filter((each) => each !== 0);
  if (waiters.length > 0) {
    const names = waiters.flatMap((each, i) => [...(i === 0 ? [] : [' and ']), model.taskOf(each) || each]);
    return [what, [...names, waiters.length > 1 ? ' join' : ' joins', ' the ready queue.']];
  }
  const purpose = model.name(id);
  if (model.subject.program.own === true) return [what];
  if (purpose.internal === true && purpose.name === 'libuv')
    return [what, ['Node has something to do. It will, after this iteration.']];
  return [what, purpose.internal === true ? ['It belongs to the loop itself.'] : ['Nothing waits for it.']];
}

function collected({ state, subject }: Model, events: readonly TraceEvent[]): Sentence {
  const { ready, iteration, fired } = state;
  const begins = events.some(([code]) => code === Code.iterationStart);
  const due = fired.length === 0 ? 'No timer is due.' : `${plural(fired.length, 'timer was', 'timers were')} due.`;
  const what = begins ? `Iteration ${count(iteration)} begins.` : due;
  if (ready.length === 0) return [[what], ['Nothing is ready.']];
  const now =
    ready.length === 1
      ? 'One handle is on the ready queue: it runs now.'
      : `The ${count(ready.length)} handles on the ready queue run now.`;
  const skipped = subject.program.own === true || state.select !== null ? '' : SKIPPED;
  return [[what], [`${skipped}${now} What joins the queue from here on runs in the next iteration.`]];
}

/** Said of an iteration without a poll; see lib/loop/poll-policy.ts. */
const SKIPPED =
  'It skips the poll, because something can run already: a poll costs as much as ten handles, so up to 64 of them run between two polls. ';

function enqueued(model: Model, event: TraceEvent, events: readonly TraceEvent[]): Sentence {
  const [, , handle = 0, by = 0] = event;
  if (events.some(([code]) => code === Code.taskCreated)) return created(model, model.taskOf(handle) || handle, handle);
  const yielded = events.find(([code]) => code === Code.taskWaits);
  if (yielded !== undefined) return waits(model, handle, 0, events);
  const what =
    by === 0 || by === handle ? [handle, ' joins the ready queue.'] : [by, ' puts ', handle, ' on the ready queue.'];
  const task = model.taskOf(handle);
  const next = model.state.station === 'run' ? ' in the next iteration.' : '.';
  const { wakes, name } = model.name(handle);
  if (wakes !== undefined)
    return [what, [wakes, ` waits for this: the ${kindOf(name)} will schedule its next step`, next]];
  if (task === handle) return [what];
  if (stops(model, handle)) return [what, [`It will stop the loop${next}`]];
  return [what, task === 0 ? [`It will be called${next}`] : ['It will resume ', task, next]];
}

function created(model: Model, task: number, first: number | string = 'It'): Sentence {
  const { parent = 0 } = model.name(task);
  const by = model.taskOf(parent) || parent;
  return [
    by === 0 ? ['The task ', task, ' is created.'] : [by, ' creates the task ', task, '.'],
    [
      first,
      ' joins the ready queue: the first step of the task runs in the next iteration.',
      ...(model.ending?.task === task ? [' It is the main task.'] : []),
    ],
  ];
}

function resumed(model: Model, event: TraceEvent): Sentence {
  const [, , task = 0, cancelled = 0, ...over] = event;
  const { running } = model.state;
  if (model.name(running).kind === 'callback') return stepRuns(model, running, task, over);
  const from = model.state.running === 0 ? [] : ['The loop takes ', task, ' from the ready queue.'];
  if (over.length === 0) {
    const steps = model.state.tasks.get(task)?.steps ?? 0;
    const how = steps <= 1 ? 'Its first step begins.' : 'It continues: it had only let others run first.';
    return [from.length > 0 ? from : [task, ' runs.'], [how]];
  }
  const waits = over.flatMap((each, i) => [...(i === 0 ? [] : [', ']), each]);
  if (cancelled !== 0)
    return [
      [task, ' resumes with a CancelledError.'],
      ['Its wait was cancelled: ', ...waits, '.'],
    ];
  return [
    [task, ' resumes.'],
    ['Its wait is over: ', ...waits, '.'],
  ];
}

/** A handle that is the step of a task, and no more: the loops of the examples have such. */
function stepRuns(model: Model, handle: number, task: number, over: readonly number[]): Sentence {
  const isFirst = (model.state.tasks.get(task)?.steps ?? 0) <= 1;
  const why: Words = isFirst
    ? ['It is the first step of the task ', task, ', whose coroutine begins.']
    : over.length === 0
      ? ['It is the next step of the task ', task, ', which had only let others run first.']
      : ['It is the next step of the task ', task, ', whose wait is over: ', ...over, '.'];
  return [['The loop takes ', handle, ' from the ready queue, and calls it.'], why];
}

function waits(model: Model, task: number, wait: number, events: readonly TraceEvent[]): Sentence {
  if (wait === 0)
    return [
      [task, ' lets others run first.'],
      ['It goes to the end of the ready queue, and continues in the next iteration.'],
    ];
  const timer = events.find(([code]) => code === Code.timerScheduled);
  const descriptor = events.find(([code, , , , c, d]) => code === Code.descriptorChanged && (c === wait || d === wait));
  const what = [task, ' waits for ', wait, '.'];
  if (timer !== undefined)
    return [
      what,
      [
        `A timer joins the ${heapOf(model)}, due in ${duration(model.untilDue(timer[3] ?? 0))}. Until then the task is parked: on no queue.`,
      ],
    ];
  if (descriptor !== undefined)
    return [what, [`The selector now watches fd ${descriptor[2]} for it. Until then the task is parked: on no queue.`]];
  if (model.name(wait).done === true)
    return [what, ['That is already done, but the task stops here all the same, and continues in a later iteration.']];
  return [what, ['Until that is done the task is parked: on no queue.']];
}

function ended(task: number, outcome: string, error: number, events: readonly TraceEvent[]): Sentence {
  const woken = events
    .filter(([code, , , by]) => code === Code.enqueued && by === task)
    .map(([, , handle = 0]) => handle);
  const names = woken.flatMap((each, i) => [...(i === 0 ? [] : [', ']), each]);
  const why = woken.length === 0 ? [] : [...names, woken.length > 1 ? ' join' : ' joins', ' the ready queue.'];
  if (outcome === 'failed') return [[task, ' fails with ', error, '.'], why];
  if (outcome === 'returned' && error !== 0) return [[task, ' is done: it has returned ', error, '.'], why];
  return [[task, outcome === 'cancelled' ? ' ends, cancelled.' : ' is done.'], why];
}

function iterationEnded(model: Model): Sentence {
  const { ran, iteration, ready } = model.state;
  const { mode } = model.subject.program;
  const tookMs = ran.reduce((sum, { startMs, endMs }) => sum + (endMs ?? startMs) - startMs, 0);
  const what =
    ran.length === 0
      ? [`Iteration ${count(iteration)} ends. It had nothing to run.`]
      : [`Iteration ${count(iteration)} ends. It ran ${plural(ran.length, 'handle')} in ${duration(tookMs)}.`];
  const next =
    ready.length > 0 ? [`${plural(ready.length, 'handle waits', 'handles wait')} for the next iteration. `] : [];
  const node = mode === 'hosted' ? ['Now Node runs its callbacks and promises.'] : [];
  return [what, [...next, ...node]];
}

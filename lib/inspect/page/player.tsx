/** The player: one trace, stop by stop, forwards and backwards. */

import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';

import type { EventTrace } from '../../trace/events.js';
import { count, duration, plural } from './format.js';
import type { Model } from './model.js';
import { Timeline } from './timeline.js';
import { type PageContext, Page } from './views/context.js';
import { Controls, type Move } from './views/controls.js';
import { Guide } from './views/guide.js';
import { Icon } from './views/icons.js';
import { useKeys } from './views/keys.js';
import { LoopView } from './views/loop.js';
import { logOf, placeOf } from './stop.js';
import { type Telling, tell } from './words.js';

/** Stops per second while it plays. */
const RATE = 1.5;

interface Props {
  readonly trace: EventTrace;
  /** Begins at the end. */
  readonly atEnd?: boolean;
  /** What else is said above it. */
  readonly children?: ComponentChildren;
}

/** The keys, wherever the focus is, except where they mean something else. */
const MOVES: Readonly<Record<string, Move>> = {
  ArrowLeft: 'back',
  ArrowRight: 'next',
  'Shift+ArrowLeft': 'iterationBack',
  'Shift+ArrowRight': 'iterationNext',
  Home: 'first',
  End: 'last',
};

export function Player({ trace, atEnd = false, children }: Props) {
  const timeline = useMemo(() => new Timeline(trace), [trace]);
  const [stop, setStop] = useState(atEnd ? timeline.ends.length - 1 : 0);
  const [playing, setPlaying] = useState(false);
  const [selected, setSelected] = useState<number | null>(null);
  const [guide, setGuide] = useState<string | null>(null);
  const last = timeline.ends.length - 1;
  const to = (target: number): void => setStop(Math.min(Math.max(target, 0), last));
  const move = (where: Move): void => {
    setPlaying(false);
    if (where === 'first') to(0);
    else if (where === 'last') to(last);
    else if (where === 'back') to(stop - 1);
    else if (where === 'next') to(stop + 1);
    else to(timeline.iterationFrom(stop, where === 'iterationNext' ? 1 : -1));
  };
  const play = (): void => {
    if (!playing && stop === last) setStop(0);
    setPlaying(!playing);
  };

  useKeys((event) => {
    if (guide !== null || event.ctrlKey || event.altKey || event.metaKey) return;
    const { target } = event;
    if (target instanceof HTMLInputElement && target.type === 'search') return;
    const onButton = target instanceof HTMLButtonElement || target instanceof HTMLAnchorElement;
    const where = MOVES[(event.shiftKey ? 'Shift+' : '') + event.key];
    if (where !== undefined) move(where);
    else if (event.key === ' ' && !onButton) play();
    else if (event.key === 'Escape') setSelected(null);
    else return;
    event.preventDefault();
  });
  useEffect(() => {
    if (!playing) return undefined;
    if (stop === last) {
      setPlaying(false);
      return undefined;
    }
    const timer = setTimeout(() => setStop(stop + 1), 1000 / RATE);
    return () => clearTimeout(timer);
  }, [playing, stop]);

  const model = timeline.at(stop);
  const telling = tell(model, timeline.eventsOf(stop));
  const context: PageContext = {
    selected,
    related: model.related(selected),
    select: (id) => setSelected(id === selected ? null : id),
    openGuide: setGuide,
  };
  return (
    <Page.Provider value={context}>
      <Header trace={trace} onHelp={() => setGuide('')} />
      {children}
      <Notes trace={trace} />
      <main>
        <LoopView
          model={model}
          telling={telling}
          log={logOf(timeline, model, stop)}
          parts={timeline.parts}
          iterations={timeline.around(stop)}
          place={placeOf(timeline, model, stop)}
          onSeek={to}
        />
      </main>
      <Controls
        count={timeline.ends.length}
        position={stop}
        iterations={timeline.iterations}
        marks={timeline.marks}
        words={`iteration ${model.state.iteration}: ${plainText(model, telling)}`}
        playing={playing}
        onSeek={(position) => {
          setPlaying(false);
          to(position);
        }}
        onMove={move}
        onPlay={play}
      >
        <Where model={model} timeline={timeline} />
      </Controls>
      <Guide entry={guide} onClose={() => setGuide(null)} />
    </Page.Provider>
  );
}

function Header({ trace: { program }, onHelp }: { readonly trace: EventTrace; readonly onHelp: () => void }) {
  const facts = [
    program.mode,
    program.selector,
    program.node === '' ? '' : `Node ${program.node.replace(/^v/, '')}`,
    program.selectloop === '' ? '' : `selectloop ${program.selectloop}`,
  ].filter((fact) => fact !== '');
  return (
    <header class="top">
      <h1>
        <Icon name="loop" />
        <span>{program.title}</span>
      </h1>
      <p class="facts quiet">{facts.join(' · ')}</p>
      <button type="button" class="help" onClick={onHelp}>
        <Icon name="help" />
        <span>How the loop works</span>
      </button>
    </header>
  );
}

function Notes({ trace: { lost, missing } }: Props) {
  const notes: ComponentChildren[] = [];
  if (lost !== null)
    notes.push(
      `${plural(lost.events, 'event')} at the beginning ${lost.events === 1 ? 'is' : 'are'} lost: ${lost.reason}.`,
    );
  if (missing !== undefined) notes.push(missing);
  if (notes.length === 0) return null;
  return (
    <aside class="notes" aria-label="About this recording">
      {notes.map((note, i) => (
        <p key={i}>{note}</p>
      ))}
    </aside>
  );
}

function Where({ model, timeline }: { readonly model: Model; readonly timeline: Timeline }) {
  const { iteration, atMs } = model.state;
  return (
    <>
      <span>
        iteration <b>{count(iteration)}</b> of {count(timeline.lastIteration)}
      </span>
      <span>
        at <b>{duration(atMs)}</b>
      </span>
    </>
  );
}

/** The sentence as text, for the slider. */
function plainText(model: Model, { what }: Telling): string {
  return what.map((part) => (typeof part === 'number' ? model.label(part) : part)).join('');
}

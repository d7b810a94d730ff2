/** The page of a running loop: served by `selectloop inspect`, which passes on what the loop's inspector thread says. */

import { useEffect, useMemo, useRef, useState } from 'preact/hooks';

import { duration, plural } from '../format.js';
import { Player } from '../player.js';
import { Guide } from '../views/guide.js';
import { Icon } from '../views/icons.js';
import { Bar } from './bar.js';
import { LevelNote, LevelSwitch } from './level-switch.js';
import { LoopTab } from './loop-tab.js';
import { Session, type Stuck } from './session.js';
import { SocketsTab } from './sockets-tab.js';
import { TasksTab } from './tasks-tab.js';
import { TimeTab } from './time-tab.js';

const TABS = { Loop: LoopTab, Tasks: TasksTab, Sockets: SocketsTab, Time: TimeTab } as const;
type Tab = keyof typeof TABS;

export function Live() {
  const [, change] = useState(0);
  const session = useMemo(() => new Session(() => change((n) => n + 1)), []);
  const [tab, setTab] = useState<Tab>('Loop');
  const [guide, setGuide] = useState<string | null>(null);
  useEffect(() => {
    const reload = (): void => location.reload(); // with another token
    addEventListener('hashchange', reload);
    return () => removeEventListener('hashchange', reload);
  }, []);
  const { hello, past } = session;
  if (hello !== null) document.title = `${shortTitle(hello.title)} · selectloop`;
  if (past !== null) return <Past session={session} trace={past} />;
  const View = TABS[tab];
  return (
    <>
      <Header session={session} onHelp={() => setGuide('')} />
      <Messages session={session} />
      {hello !== null && (
        <>
          <nav class="tabs" aria-label="Views">
            {(Object.keys(TABS) as Tab[]).map((each) => (
              <button
                type="button"
                aria-current={each === tab ? 'page' : undefined}
                onClick={() => setTab(each)}
                key={each}
              >
                {each}
              </button>
            ))}
            <LevelNote session={session} />
          </nav>
          <main class={session.ending === null ? '' : 'ended'}>
            <View session={session} openGuide={setGuide} />
          </main>
          <Bar session={session} keysOn={guide === null} />
        </>
      )}
      <Guide entry={guide} onClose={() => setGuide(null)} />
    </>
  );
}

/** A command line without the folder of its script. */
const shortTitle = (title: string): string => title.replace(/^\S*\//, '');

interface Props {
  readonly session: Session;
}

function Header({ session, onHelp }: Props & { readonly onHelp: () => void }) {
  const { hello, summaries } = session;
  const loop = summaries.at(-1);
  const facts = [
    ...(hello === null ? [] : [`process ${hello.pid}`, ...(hello.thread === 0 ? [] : [`thread ${hello.thread}`])]),
    ...(loop === undefined ? [] : [loop.hosted ? 'hosted' : 'blocking']),
    ...(hello === null ? [] : [`selectloop ${hello.version}`]),
  ];
  return (
    <header class="top">
      <h1>
        <Icon name="loop" />
        <span title={hello?.title}>{shortTitle(hello?.title ?? 'selectloop')}</span>
      </h1>
      <p class="facts quiet">{facts.join(' · ')}</p>
      {hello !== null && <LevelSwitch session={session} />}
      <button type="button" class="help" onClick={onHelp}>
        <Icon name="help" />
        <span>How the loop works</span>
      </button>
    </header>
  );
}

function Messages({ session }: Props) {
  const { ending, stuck, error, hello } = session;
  return (
    <aside class="notes" aria-label="Messages">
      {ending !== null && (
        <p role="alert">
          <b>{ending.what}</b> {ending.advice}
        </p>
      )}
      {ending === null && hello === null && <p role="status">Connecting…</p>}
      {ending === null && stuck !== null && <StuckNote stuck={stuck} onClose={() => session.forgetStuck()} />}
      {ending === null && error !== null && <p role="status">{error}</p>}
    </aside>
  );
}

interface StuckProps {
  readonly stuck: Stuck;
  readonly onClose: () => void;
}

/** Where the loop is stuck. The time grows twice a second; a screen reader hears the place, once. */
function StuckNote({ stuck: { ms, frames, over }, onClose }: StuckProps) {
  const [inner, ...callers] = frames;
  const lastMs = useRef(0);
  if (!over) lastMs.current = ms;
  return (
    <p class={over ? '' : 'stuck'}>
      <b role="alert">
        {inner === undefined
          ? 'The loop does not answer.'
          : `${over ? 'The loop was stuck' : 'The loop is stuck'} in ${inner}`}
      </b>
      {callers.length > 0 && `, called by ${callers.join(', by ')}`}
      <span class="quiet">{` for ${duration(lastMs.current)}${over ? '' : ' so far'}. Meanwhile nothing else ${over ? 'ran' : 'runs'}.`}</span>
      {over && (
        <button type="button" class="plain-button" aria-label="Close this message" onClick={onClose}>
          <Icon name="close" />
        </button>
      )}
    </p>
  );
}

/** What was recorded, in the player. */
function Past({ session, trace }: Props & { readonly trace: NonNullable<Session['past']> }) {
  const where = session.paused === null ? 'The program itself goes on.' : 'The program itself stays where it is.';
  return (
    <Player trace={trace} atEnd>
      <aside class="notes" aria-label="The past">
        <p>
          <b>The past:</b> the last {plural(trace.events.length, 'event')}. {where}{' '}
          <button type="button" class="more" onClick={() => session.closePast()}>
            Back to the present
          </button>{' '}
          <button type="button" class="more" onClick={() => save(trace)}>
            Save
          </button>
        </p>
      </aside>
    </Player>
  );
}

/** Writes a trace to a file, of which `selectloop play` makes a player. */
function save(trace: NonNullable<Session['past']>): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([JSON.stringify(trace)], { type: 'application/json' }));
  link.download = `trace-${trace.program.pid}.json`;
  link.click();
  URL.revokeObjectURL(link.href);
}

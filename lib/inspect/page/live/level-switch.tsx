/** The level at which the loop is watched, which is also its price. */

import { LEVELS, type Level } from '../../protocol.js';
import type { Session } from './session.js';

const TEXTS: Readonly<Record<Level | 'stop', readonly [name: string, what: string]>> = {
  look: ['Look', 'The present state, on request. Nothing is installed in the loop.'],
  measure: ['Measure', 'Also how long handles and tasks run. About a tenth more time for each message of a server.'],
  record: ['Record', 'Also what the loop has done last.'],
  stop: ['Stop', 'The loop stops at each station. A select in each iteration, as in the books.'],
};

const activeOf = ({ isStopping, level }: Session): Level | 'stop' => (isStopping ? 'stop' : level);

/** What the level shows, and what it costs. */
export function LevelNote({ session }: { readonly session: Session }) {
  return <p class="quiet small">{TEXTS[activeOf(session)][1]}</p>;
}

export function LevelSwitch({ session }: { readonly session: Session }) {
  const { hello, ending } = session;
  const active = activeOf(session);
  const choose = (each: Level | 'stop'): void => {
    if (each === active) return;
    if (each === 'stop') session.pause();
    else session.setLevel(each);
  };
  return (
    <span class="switch level" role="group" aria-label="Level of watching">
      {[...LEVELS, 'stop' as const].map((each) => {
        const isOff = ending !== null || (each === 'stop' && hello?.control !== true);
        return (
          <button
            type="button"
            aria-pressed={each === active}
            disabled={isOff}
            title={TEXTS[each][1]}
            onClick={() => choose(each)}
            key={each}
          >
            {TEXTS[each][0]}
          </button>
        );
      })}
    </span>
  );
}

/** The bar at the bottom of the player: buttons, and a slider over all stops with marks. */

import type { ComponentChildren } from 'preact';

import type { Mark } from '../timeline.js';
import { Icon, type IconName } from './icons.js';

export type Move = 'first' | 'iterationBack' | 'back' | 'next' | 'iterationNext' | 'last';

interface Props {
  readonly count: number;
  readonly position: number;
  /** The stops at which iterations begin. */
  readonly iterations: readonly number[];
  readonly marks: readonly Mark[];
  /** The position in words, for a screen reader. */
  readonly words: string;
  readonly playing: boolean;
  readonly onSeek: (position: number) => void;
  readonly onMove: (move: Move) => void;
  readonly onPlay: () => void;
  readonly children: ComponentChildren;
}

/** More ticks, or marks, than this would touch each other. */
const MOST_TICKS = 120;

export function Controls(props: Props) {
  const { count, position, playing, onMove, onPlay } = props;
  const atStart = position === 0;
  const atEnd = position === count - 1;
  const button = (move: Move, label: string, keys: string, disabled: boolean) => (
    <button
      type="button"
      class={`round ${move}`}
      aria-label={label}
      title={`${label} (${keys})`}
      aria-disabled={disabled}
      onClick={() => onMove(move)}
    >
      <Icon name={move satisfies IconName} />
    </button>
  );
  return (
    <nav class="controls" aria-label="Player">
      <Slider {...props} />
      <div class="buttons">
        {button('first', 'Beginning', 'Home', atStart)}
        {button('iterationBack', 'Previous iteration', 'Shift + left', atStart)}
        {button('back', 'Back', 'left', atStart)}
        <button
          type="button"
          class="round play"
          aria-label={playing ? 'Pause' : 'Play'}
          title={`${playing ? 'Pause' : 'Play'} (space)`}
          onClick={onPlay}
        >
          <Icon name={playing ? 'pause' : 'play'} />
        </button>
        {button('next', 'Next', 'right', atEnd)}
        {button('iterationNext', 'Next iteration', 'Shift + right', atEnd)}
        {button('last', 'End', 'End', atEnd)}
      </div>
      <p class="where">{props.children}</p>
    </nav>
  );
}

function Slider({ count, position, iterations, marks, words, onSeek, onMove }: Props) {
  const share = (at: number): string => `${((100 * at) / Math.max(count - 1, 1)).toFixed(3)}%`;
  return (
    <div class="slider">
      <div class="scale" aria-hidden="true">
        {iterations.length <= MOST_TICKS &&
          iterations.map((at) => <i class="tick" style={{ left: share(at) }} key={at} />)}
        {thinned(marks, count).map(({ at, kind, text }) => (
          <button
            type="button"
            tabIndex={-1}
            class={`mark ${kind}`}
            style={{ left: share(at) }}
            title={text}
            onClick={() => onSeek(at)}
            key={`${kind}${at}`}
          >
            <Icon name={kind} />
          </button>
        ))}
      </div>
      <input
        type="range"
        aria-label="Stop"
        aria-valuetext={words}
        min={0}
        max={Math.max(count - 1, 0)}
        step={1}
        value={position}
        style={{ '--done': share(position) }}
        onInput={(event) => onSeek(Number(event.currentTarget.value))}
        onKeyDown={(event) => {
          // The page has these keys, wherever the focus is; the slider's own steps are the same.
          if (event.key === 'PageUp' || event.key === 'PageDown') {
            event.preventDefault();
            onMove(event.key === 'PageUp' ? 'iterationNext' : 'iterationBack');
          }
        }}
      />
    </div>
  );
}

/** Drops marks that would cover each other. */
function thinned(marks: readonly Mark[], count: number): Mark[] {
  const places = new Map<string, Mark>();
  for (const mark of marks) {
    const place = `${mark.kind}${Math.floor((mark.at / Math.max(count, 1)) * MOST_TICKS)}`;
    if (!places.has(place)) places.set(place, mark);
  }
  return [...places.values()];
}

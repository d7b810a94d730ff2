/** The icons, drawn here: not every system has the characters that would do. All are 24 x 24, in the colour of the text. */

const PATHS = {
  first: 'M6 5v14M19 5l-9 7 9 7z',
  iterationBack: 'M11 5l-8 7 8 7zM21 5l-8 7 8 7z',
  back: 'M16 5l-9 7 9 7z',
  play: 'M7 4l13 8-13 8z',
  pause: 'M7 5h3.5v14H7zM14 5h3.5v14H14z',
  next: 'M8 5l9 7-9 7z',
  iterationNext: 'M13 5l8 7-8 7zM3 5l8 7-8 7z',
  last: 'M18 5v14M5 5l9 7-9 7z',
  task: 'M5 6h14M5 12h14M5 18h8',
  timer: 'M12 21a8 8 0 1 0 0-16 8 8 0 0 0 0 16zM12 9v4l2.5 2M9.5 2h5',
  callback: 'M9 4c-3 0-3 2-3 4s0 4-3 4c3 0 3 2 3 4s0 4 3 4M15 4c3 0 3 2 3 4s0 4 3 4c-3 0-3 2-3 4s0 4-3 4',
  descriptor: 'M8 3v5M16 3v5M5 8h14v3a7 7 0 0 1-14 0zM12 18v3',
  failed: 'M12 3l10 18H2zM12 10v5M12 18v.1',
  done: 'M4 12.5l5 5L20 6.5',
  cancelled: 'M6 6l12 12M18 6L6 18',
  slow: 'M12 4a8 8 0 1 0 8 8M12 8v4l3 3',
  help: 'M9.2 9a3 3 0 1 1 4.3 2.7c-.9.5-1.5 1.1-1.5 2.3M12 18v.1',
  close: 'M5 5l14 14M19 5L5 19',
  breakpoint: 'M12 5a7 7 0 1 0 .01 0z',
  loop: 'M20.5 12a8.5 8.5 0 1 1-2.7-6.2M19 1.5v5.4h-5.4',
} as const;

const SOLID = new Set<IconName>([
  'first',
  'iterationBack',
  'back',
  'play',
  'pause',
  'next',
  'iterationNext',
  'last',
  'breakpoint',
]);

export type IconName = keyof typeof PATHS;

/** Draws an icon. It says nothing to a screen reader: the text beside it, or a label, does. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class={SOLID.has(name) ? 'icon solid' : 'icon'} viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}

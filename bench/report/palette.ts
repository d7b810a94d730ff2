/**
 * Named colours, for a light and for a dark page.
 *
 * A picture that follows the reader's theme needs CSS variables, but the plotting library accepts only colours that it can parse. So each
 * name has a unique placeholder colour, which is replaced by a variable in the finished SVG.
 */

interface Shades {
  readonly light: string;
  readonly dark: string;
}

const SHADES = {
  background: { light: '#ffffff', dark: '#0f141a' },
  panel: { light: '#f6f8fa', dark: '#171d25' },
  text: { light: '#1f2328', dark: '#e6edf3' },
  muted: { light: '#59636e', dark: '#9aa5b1' },
  grid: { light: '#dde3ea', dark: '#2b333d' },
  C: { light: '#6b7680', dark: '#8b96a3' },
  selectloop: { light: '#0a66c2', dark: '#57a6ff' },
  Node: { light: '#3c873a', dark: '#63b95f' },
  Bun: { light: '#c2407f', dark: '#ec7cb3' },
  Python: { light: '#b8790b', dark: '#e0af3b' },
  // For further contenders of a family in one plot.
  'selectloop-2': { light: '#7b4fc9', dark: '#b392f0' },
  'selectloop-3': { light: '#0b8a94', dark: '#3fc7d1' },
  'Python-2': { light: '#d9a441', dark: '#8f6d1f' },
} as const satisfies Record<string, Shades>;

/** The names of the colours. */
export type Colour = keyof typeof SHADES;

const NAMES = Object.keys(SHADES) as Colour[];

/** Returns the placeholder for a name. */
export function ink(name: Colour): string {
  return `#fe01${NAMES.indexOf(name).toString(16).padStart(2, '0')}`;
}

/** Replaces the placeholders by CSS variables. */
export function withVariables(svg: string): string {
  return NAMES.reduce((text, name) => text.replaceAll(ink(name), `var(--${name})`), svg);
}

function declarations(theme: keyof Shades): string {
  return NAMES.map((name) => `--${name}:${SHADES[name][theme]}`).join(';');
}

/** Returns the CSS rules that define the variables for an element. */
export function colourRules(selector: string): string {
  return `${selector}{${declarations('light')}}@media (prefers-color-scheme:dark){${selector}{${declarations('dark')}}}`;
}

/** Returns the colour of a family. */
export function familyColour(family: string): Colour {
  return NAMES.find((name) => name === family) ?? 'muted';
}

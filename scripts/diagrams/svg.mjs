/** The parts that the drawings are made of, as SVG text, and the two colour themes. Nothing here knows what a drawing shows. */

const SANS = `-apple-system, BlinkMacSystemFont, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif`;
const MONO = `ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace`;

/** Backgrounds are those of GitHub's pages. `quiet` is for secondary text, `rule` for surfaces that only guide the eye. */
const THEMES = {
  light: { paper: '#ffffff', panel: '#f6f8fa', rule: '#d8dee4', ink: '#1f2328', quiet: '#59636e', accent: '#bc4c00' },
  dark: { paper: '#0d1117', panel: '#151b23', rule: '#313942', ink: '#e6edf3', quiet: '#9198a1', accent: '#f0883e' },
};

export const THEME_NAMES = Object.keys(THEMES);

const TEXT_SIZE = 20;
export const NAME_SIZE = 22;

const escape = (text) => text.replace(/[&<>]/g, (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[character]);
const attributes = (values) =>
  Object.entries(values)
    .map(([name, value]) => ` ${name}="${typeof value === 'number' ? Math.round(value * 10) / 10 : value}"`)
    .join('');

/** An element without children. */
const element = (name, values) => `<${name}${attributes(values)}/>`;

export const rectangle = (kind, x, y, width, height, rx = 8) =>
  element('rect', { class: kind, x, y, width, height, rx });

export const circle = (kind, [cx, cy], r) => element('circle', { class: kind, cx, cy, r });

/** A path. `head` names the colour of an arrowhead at its end. */
export const path = (kind, d, head = null) =>
  element('path', { class: kind, d, ...(head === null ? {} : { 'marker-end': `url(#${head})` }) });

/**
 * Lines of text below each other. Text between backticks is set in the monospaced font.
 *
 * @param lines from `wrap`, or a string
 * @param kind classes: `name` for the larger, bold size; `quiet`, `accent` for the colour; `left`, `middle`, `right` for the anchor
 * @param y the baseline of the first line
 */
export function text(kind, x, y, lines, leading = 25) {
  return [lines]
    .flat()
    .map((line, i) => `<text${attributes({ class: kind, x, y: y + i * leading })}>${runs(line)}</text>`)
    .join('\n');
}

const runs = (line) =>
  line
    .split('`')
    .map((part, i) => (i % 2 === 1 ? `<tspan class="code">${escape(part)}</tspan>` : escape(part)))
    .join('');

/**
 * The width of a line in the widest of the usual fonts. The reader's font is unknown when the file is written, so all room is measured
 * generously.
 */
export function textWidth(line, size = TEXT_SIZE) {
  const widthOf = (character) => {
    if (/[ijltfrI.,:;'|() ]/.test(character)) return 0.38;
    if (/[mwMW]/.test(character)) return 0.92;
    return /[A-Z0-9_]/.test(character) ? 0.68 : 0.59;
  };
  const partWidth = (part, i) => (i % 2 === 1 ? part.length * 0.56 : [...part].reduce((sum, c) => sum + widthOf(c), 0));
  return size * line.split('`').reduce((sum, part, i) => sum + partWidth(part, i), 0);
}

/** Breaks a sentence into lines no wider than `width`, between words. A pair of backticks must not be broken: its spaces are kept. */
export function wrap(sentence, width, size = TEXT_SIZE) {
  const words = sentence.match(/(?:`[^`]*`|\S)+/g) ?? [];
  const lines = [];
  for (const word of words) {
    const longer = lines.length === 0 ? word : `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && textWidth(longer, size) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/** An arrowhead for the lines of one colour. Its tip is `TIP` beyond the end of an accent line, which is thick, and at the end of others. */
const arrowhead = (id) => {
  const [tip, size] = id === 'accent' ? [1, 20] : [8, 13];
  return `<marker id="${id}" viewBox="0 0 10 10" refX="${tip}" refY="5" markerWidth="${size}" markerHeight="${size}" markerUnits="userSpaceOnUse" orient="auto"><path class="fill-${id}" d="M0 0.8 10 5 0 9.2Z"/></marker>`;
};

/** How far the arrowhead of an accent line reaches beyond its end. */
export const TIP = 18;

function styleSheet({ paper, panel, rule, ink, quiet, accent }) {
  return [
    `text{font:400 ${TEXT_SIZE}px ${SANS};fill:${ink}}`,
    `.name{font-size:${NAME_SIZE}px;font-weight:600}`,
    `.lane{font-weight:600}`,
    `.small{font-size:17px;font-weight:600}`,
    `.code{font-family:${MONO};font-size:0.9em}`,
    `.middle{text-anchor:middle}.right{text-anchor:end}`,
    `text.quiet{fill:${quiet}}text.accent{fill:${accent}}text.on-mark{fill:${paper}}`,
    `.paper{fill:${paper}}.panel{fill:${panel}}.rule{fill:${rule}}`,
    `.box{fill:${panel};stroke:${rule};stroke-width:2}`,
    `.chip{fill:${paper};stroke:${rule};stroke-width:2}`,
    `.fill-ink{fill:${ink}}.fill-quiet{fill:${quiet}}.fill-accent{fill:${accent}}.fill-rule{fill:${rule}}`,
    `circle.ring,path.edge,path.line,path.bytes{fill:none}`,
    `.ring{stroke:${rule};stroke-width:10}`,
    `.edge{stroke:${rule};stroke-width:1.5}`,
    `.line{stroke:${quiet};stroke-width:2.5}`,
    `.line{stroke-linecap:round}`,
    `.dotted{stroke-dasharray:1 7;stroke-width:3}`,
    `.bytes{stroke:${accent};stroke-width:6}`,
  ].join('\n');
}

/**
 * A whole drawing.
 *
 * @param drawing `title` and `description` for readers who do not see it, `width`, `height`, and `parts`, back to front
 */
export function document({ title, description, width, height, parts }, themeName) {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title description">
<title id="title">${escape(title)}</title>
<desc id="description">${escape(description)}</desc>
<style>
${styleSheet(THEMES[themeName])}
</style>
<defs>
${['quiet', 'accent'].map(arrowhead).join('\n')}
</defs>
${rectangle('paper', 0, 0, width, height, 12)}
${parts.flat(Infinity).join('\n')}
</svg>
`;
}

/** Tables for a terminal. */

/** A column: its heading, and whether its cells are numbers, which are aligned to the right. */
export interface Column {
  readonly heading: string;
  readonly numeric?: boolean;
}

/** No column becomes narrower than this to fit the terminal. */
const NARROWEST = 8;

const GAP = '  ';

/** Draws in two cells of a terminal: East Asian wide characters and emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;

/**
 * Makes a text harmless: control characters, which a terminal would obey, line breaks and invisible characters, which can reverse a
 * line, are shown as `\u{1b}`. The names of tasks may come from the network.
 */
export function escapeText(text: string): string {
  return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, (each) => `\\u{${(each.codePointAt(0) ?? 0).toString(16)}}`);
}

/** Returns the number of cells that a text takes in a terminal. */
function widthOf(text: string): number {
  let width = 0;
  for (const each of text) width += /\p{M}/u.test(each) ? 0 : WIDE.test(each) ? 2 : 1;
  return width;
}

/** Shortens a text to a number of cells. */
export function fit(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = '';
  let used = 1;
  for (const each of text) {
    used += widthOf(each);
    if (used > width) break;
    kept += each;
  }
  return `${kept}…`;
}

/**
 * Returns the lines of a table, with a heading. Cells are escaped. If the table is wider than the terminal, its widest columns are shortened.
 *
 * @param width of the terminal; Infinity: the output is not a terminal
 */
export function tableLines(
  columns: readonly Column[],
  rows: ReadonlyArray<readonly string[]>,
  width: number,
): string[] {
  const cells = [columns.map(({ heading }) => heading), ...rows.map((row) => row.map(escapeText))];
  const widths = columns.map((_, i) => Math.max(...cells.map((row) => widthOf(row[i] ?? ''))));
  shrink(widths, width - GAP.length * (columns.length - 1));
  return cells.map((row) =>
    row
      .map((cell, i) => pad(cell, widths[i] ?? 0, columns[i]?.numeric))
      .join(GAP)
      .trimEnd(),
  );
}

/** Takes cells from the widest columns until they fit. */
function shrink(widths: number[], available: number): void {
  for (let sum = widths.reduce((a, b) => a + b, 0); sum > available; sum -= 1) {
    const widest = Math.max(...widths);
    if (widest <= NARROWEST) return;
    widths[widths.lastIndexOf(widest)] = widest - 1;
  }
}

function pad(text: string, width: number, numeric = false): string {
  const shown = fit(text, width);
  const space = ' '.repeat(Math.max(width - widthOf(shown), 0));
  return numeric ? space + shown : shown + space;
}

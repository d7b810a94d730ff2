/** What the campaign scripts print: tables, progress on a terminal, seconds. */

/** A stopwatch: returns a function that gives the seconds since, as text. */
export function stopwatch() {
  const startMs = performance.now();
  return () => `${((performance.now() - startMs) / 1000).toFixed(1)} s`;
}

/** Prints rows as columns. The first column is aligned to the left, the remaining columns to the right. */
export function printTable(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => String(row[column]).length)));
  for (const row of rows) {
    const cells = row.map((cell, column) =>
      column === 0 ? String(cell).padEnd(widths[0]) : String(cell).padStart(widths[column]),
    );
    console.log(cells.join('  ').trimEnd());
  }
}

/** Shows one line that replaces the one before. Prints nothing unless stdout is a terminal. */
export function showProgress(text) {
  if (process.stdout.isTTY) process.stdout.write(`\r\x1b[K${text.slice(0, process.stdout.columns - 1)}`);
}

/** Removes the progress line. */
export function endProgress() {
  if (process.stdout.isTTY) process.stdout.write('\r\x1b[K');
}

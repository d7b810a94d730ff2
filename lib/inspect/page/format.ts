/** Numbers and words as the page shows them. */

/** "0.31 ms", "12.5 ms", "140 ms", "2.5 s": with about three digits. */
export function duration(ms: number): string {
  const abs = Math.abs(ms);
  if (abs < 0.005) return '0 ms';
  if (abs < 10) return `${short(ms.toFixed(2))} ms`;
  if (abs < 100) return `${short(ms.toFixed(1))} ms`;
  if (abs < 10_000) return `${count(Math.round(ms))} ms`;
  return `${short((ms / 1000).toFixed(1))} s`;
}

function short(digits: string): string {
  return digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits;
}

/** "5,000". */
export function count(n: number): string {
  return n.toLocaleString('en');
}

/** "1 handle", "3 handles". */
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** "can be read", for the events of a poll: 1 for reading, 2 for writing, 3 for both. */
export function readiness(events: number): string {
  return events === 3 ? 'can be read and written' : events === 2 ? 'can be written' : 'can be read';
}

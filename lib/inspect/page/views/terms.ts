/** The terms that the sentences use, and the entries of the guide that explain them. */

const TERMS: ReadonlyArray<readonly [RegExp, entry: string]> = [
  [/^iteration/, 'iteration'],
  [/^(ready )?queue/, 'ready-queue'],
  [/^handle/, 'handle'],
  [/^wake-up/, 'wake-up'],
  [/^wait/, 'wait'],
  [/^park/, 'wait'],
  [/^step/, 'step'],
  [/^task/, 'task'],
  [/^coroutine/, 'task'],
  [/^(timer|heap|due)/, 'heap'],
  [/^timeout/, 'step-2'],
  [/^poll/, 'step-3'],
  [/^(descriptor|fd)/, 'descriptor'],
  [/^[Cc]ancel/, 'cancel'],
];

const TERM =
  /\b(iterations?|ready queue|queue|handles?|wake-up|waits? for|wait|parked|steps?|tasks?|coroutine|timers?|heap|due|timeout|poll|descriptors?|fd|CancelledError|cancel(?:s|led|lation))\b/;

/** Splits a text at the terms that are not in `linked`, and adds them: each part with its entry, or with '' if it is no term. */
export function termsIn(text: string, linked: Set<string>): Array<readonly [text: string, entry: string]> {
  return text.split(TERM).map((part, i) => {
    const entry = i % 2 === 0 ? '' : (TERMS.find(([pattern]) => pattern.test(part))?.[1] ?? '');
    if (linked.has(entry)) return [part, ''];
    if (entry !== '') linked.add(entry);
    return [part, entry];
  });
}

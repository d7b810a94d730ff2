/** A histogram of durations, with a logarithmic scale in both directions: one long handle among a million is to be seen. */

import { count, duration } from '../format.js';

/** When a bucket begins, in milliseconds: there are two for each doubling from 1 µs on. */
const startOf = (bucket: number): number => 2 ** (bucket / 2) / 1000;

const bucketOf = (ms: number): number => 2 * Math.log2(ms * 1000);

const HEIGHT = 132;
/** Without the labels. */
const BARS = 112;

/** The buckets that are shown at least: up to 100 ms. */
const FEWEST = 34;

interface Props {
  readonly counts: readonly number[];
  readonly what: string;
  /** The longest, if it is known exactly. */
  readonly longestMs: number | null;
}

export function Histogram({ counts, what, longestMs }: Props) {
  const total = counts.reduce((sum, n) => sum + n, 0);
  if (total === 0) return <p class="empty">nothing has run yet</p>;
  const last = counts.findLastIndex((n) => n > 0);
  const shown = Math.min(Math.max(last + 2, FEWEST), counts.length);
  const scale = BARS / Math.log1p(Math.max(...counts));
  const across = (bucket: number): string => `${(100 * bucket) / shown}%`;
  const sentence = `${count(total)} ${what}: half took less than ${quantile(counts, total, 0.5)}, 99 % less than ${quantile(counts, total, 0.99)}, the longest ${
    longestMs === null ? `less than ${duration(startOf(last + 1))}` : duration(longestMs)
  }.`;
  const decades = [0.001, 0.01, 0.1, 1, 10, 100, 1000, 10_000, 100_000].filter((ms) => bucketOf(ms) < shown - 1);
  return (
    <>
      <svg class="histogram" width="100%" height={HEIGHT} role="img" aria-label={`How many ${what} took how long`}>
        {decades.map((ms) => (
          <g key={ms}>
            <line x1={across(bucketOf(ms))} y1="0" x2={across(bucketOf(ms))} y2={BARS + 4} />
            <text x={across(bucketOf(ms))} y={HEIGHT - 2} dx="3">
              {ms < 1 ? `${1000 * ms} µs` : ms < 1000 ? `${ms} ms` : `${ms / 1000} s`}
            </text>
          </g>
        ))}
        {counts.slice(0, shown).map((n, bucket) => {
          if (n === 0) return null;
          const height = Math.max(Math.log1p(n) * scale, 2);
          return (
            <rect x={across(bucket)} y={BARS - height} width={across(0.86)} height={height} key={bucket}>
              <title>{`${count(n)} ${what} took ${duration(startOf(bucket))} to ${duration(startOf(bucket + 1))}`}</title>
            </rect>
          );
        })}
      </svg>
      <p class="small">{sentence}</p>
      <p class="quiet small">Each bar is half a doubling wide, and grows with the logarithm of the number.</p>
    </>
  );
}

/** The end of the bucket below which this part of them is. */
function quantile(counts: readonly number[], total: number, part: number): string {
  let sum = 0;
  const bucket = counts.findIndex((n) => (sum += n) >= part * total);
  return duration(startOf(bucket + 1));
}

/**
 * A histogram of durations with the layout of HdrHistogram: from a nanosecond to hours, with buckets as wide as a thousandth of their
 * value. Recording is an increment, and percentiles have a relative error of at most 0.1 %.
 */

#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stdint.h>

enum {
  /* Values below 2^HISTOGRAM_BITS have one bucket each; each doubling above that has half as many buckets. */
  HISTOGRAM_BITS = 11,
  HISTOGRAM_HALF = 1 << (HISTOGRAM_BITS - 1),
  HISTOGRAM_DOUBLINGS = 34, /* up to 2^44 ns, five hours */
  HISTOGRAM_BUCKETS = (HISTOGRAM_DOUBLINGS + 1) * HISTOGRAM_HALF,
};

struct histogram {
  uint64_t total;
  int64_t greatest;
  uint64_t counts[HISTOGRAM_BUCKETS];
};

void histogram_clear(struct histogram *histogram);

void histogram_record(struct histogram *histogram, int64_t nanoseconds);

/** Returns the upper limit of a bucket. */
int64_t histogram_value(unsigned bucket);

/** Returns the percentile for `share` (0.99 for the 99th); 0 if nothing was recorded. */
int64_t histogram_percentile(const struct histogram *histogram, double share);

#endif

/**
 * A histogram of durations with the layout of HdrHistogram: buckets are a thousandth of their value wide, from a nanosecond to hours,
 * so that recording is an increment and a percentile is exact to 0.1 %.
 */

#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stdint.h>

enum {
  /* Values below 2^HISTOGRAM_BITS have a bucket each; each doubling above has half as many buckets. */
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

/** The greatest duration of a bucket. */
int64_t histogram_value(unsigned bucket);

/** The duration that a share of all (0 to 1) did not exceed; 0 when nothing was recorded. */
int64_t histogram_percentile(const struct histogram *histogram, double share);

#endif

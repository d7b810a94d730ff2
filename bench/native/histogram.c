#include "histogram.h"

#include <math.h>
#include <string.h>

void histogram_clear(struct histogram *histogram) { memset(histogram, 0, sizeof *histogram); }

static unsigned bucket_of(int64_t nanoseconds) {
  const uint64_t value = nanoseconds < 0 ? 0 : (uint64_t)nanoseconds;
  if (value < (1u << HISTOGRAM_BITS)) return (unsigned)value;
  /* Shifted so that HISTOGRAM_BITS bits remain, the first of which is always set. */
  const unsigned shift = (unsigned)(63 - __builtin_clzll(value)) - (HISTOGRAM_BITS - 1);
  const uint64_t bucket = shift * (uint64_t)HISTOGRAM_HALF + (value >> shift);
  return bucket < HISTOGRAM_BUCKETS ? (unsigned)bucket : HISTOGRAM_BUCKETS - 1;
}

void histogram_record(struct histogram *histogram, int64_t nanoseconds) {
  histogram->counts[bucket_of(nanoseconds)] += 1;
  histogram->total += 1;
  if (nanoseconds > histogram->greatest) histogram->greatest = nanoseconds;
}

int64_t histogram_value(unsigned bucket) {
  if (bucket < (1u << HISTOGRAM_BITS)) return bucket;
  const unsigned shift = bucket / HISTOGRAM_HALF - 1;
  const int64_t bits = bucket - shift * (unsigned)HISTOGRAM_HALF;
  return ((bits + 1) << shift) - 1;
}

int64_t histogram_percentile(const struct histogram *histogram, double share) {
  const uint64_t wanted = (uint64_t)ceil(share * (double)histogram->total);
  uint64_t seen = 0;
  for (unsigned bucket = 0; bucket < HISTOGRAM_BUCKETS && histogram->total > 0; bucket += 1) {
    seen += histogram->counts[bucket];
    if (seen < wanted || seen == 0) continue;
    const int64_t value = histogram_value(bucket);
    return value < histogram->greatest ? value : histogram->greatest;
  }
  return histogram->greatest;
}

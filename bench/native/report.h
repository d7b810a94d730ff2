/** The report of the load generator. */

#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdint.h>

#include "histogram.h"
#include "options.h"

struct outcome {
  double seconds;       /* the actual length of the measured window */
  double round_trips;   /* within the window; a message in flight at its edges counts in part */
  uint64_t unanswered;  /* open loop: requests of the window that were never answered */
  int64_t server_cpu_ns;
  int64_t rss_before_idle, rss_with_idle;
  struct histogram latencies;
};

/** Prints the report as one line of JSON. */
void report(const struct options *options, const struct outcome *outcome);

#endif

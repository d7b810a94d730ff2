/** What the load generator prints. */

#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdint.h>

#include "histogram.h"
#include "options.h"

struct outcome {
  double seconds;       /* the measured window, as it was */
  double round_trips;   /* within it; of a message that was under way at its edges, the part that came back */
  uint64_t unanswered;  /* open loop: requests of the window whose answer did not come at all */
  int64_t server_cpu_ns;
  int64_t rss_before_idle, rss_with_idle;
  struct histogram latencies;
};

/** One line of JSON. */
void report(const struct options *options, const struct outcome *outcome);

#endif

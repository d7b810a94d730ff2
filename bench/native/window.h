/** The measured part of a run, which follows the warm-up. */

#ifndef BENCH_WINDOW_H
#define BENCH_WINDOW_H

#include <stdint.h>

#include "options.h"
#include "report.h"

struct window {
  int64_t start, end;
};

/** Returns the window of a run that begins now. */
struct window window_from(const struct options *options, int64_t now);

/** Must be called as soon as `start` has passed, and at `end`. Measures the CPU time of the server between the two. */
void window_begin(const struct options *options, struct window *window, int64_t now, struct outcome *outcome);
void window_finish(const struct options *options, const struct window *window, int64_t now, struct outcome *outcome);

#endif

/** The measured part of a run: what comes before it is warm-up. */

#ifndef BENCH_WINDOW_H
#define BENCH_WINDOW_H

#include <stdint.h>

#include "options.h"
#include "report.h"

struct window {
  int64_t start, end;
};

/** The window of a run that begins now. */
struct window window_from(const struct options *options, int64_t now);

/** To be called as soon as `start` has passed, and at `end`: takes the CPU time of the server between the two. */
void window_begin(const struct options *options, struct window *window, int64_t now, struct outcome *outcome);
void window_finish(const struct options *options, const struct window *window, int64_t now, struct outcome *outcome);

#endif

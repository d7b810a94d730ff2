#include "window.h"

#include "process-cost.h"

struct window window_from(const struct options *options, int64_t now) {
  const int64_t start = now + (int64_t)(options->warmup * 1e9);
  return (struct window){.start = start, .end = start + (int64_t)(options->seconds * 1e9)};
}

void window_begin(const struct options *options, struct window *window, int64_t now, struct outcome *outcome) {
  histogram_clear(&outcome->latencies);
  window->end += now - window->start; /* keeps the planned length although the window begins late */
  window->start = now;
  if (options->server > 0) outcome->server_cpu_ns = process_cpu_ns(options->server);
}

void window_finish(const struct options *options, const struct window *window, int64_t now, struct outcome *outcome) {
  outcome->seconds = (double)(now - window->start) / 1e9;
  if (options->server > 0) outcome->server_cpu_ns = process_cpu_ns(options->server) - outcome->server_cpu_ns;
}

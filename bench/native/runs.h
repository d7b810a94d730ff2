/** What the load generator can measure. Each fills in the outcome, which begins with zeros. */

#ifndef BENCH_RUNS_H
#define BENCH_RUNS_H

#include "options.h"
#include "report.h"

/** Echoes on open connections, with or without others that are idle. */
void echo_run(const struct options *options, struct outcome *outcome);

/** Connections that are set up, echo one message, and are closed. */
void connect_run(const struct options *options, struct outcome *outcome);

#endif

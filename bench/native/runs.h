/** The measurements of the load generator. Each fills in the outcome, which must be zeroed. */

#ifndef BENCH_RUNS_H
#define BENCH_RUNS_H

#include "options.h"
#include "report.h"

/** Measures echoes on open connections, optionally with idle connections. */
void echo_run(const struct options *options, struct outcome *outcome);

/** Measures connections that are opened, echo one message, and are closed. */
void connect_run(const struct options *options, struct outcome *outcome);

#endif

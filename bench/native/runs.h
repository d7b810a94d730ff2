/** The two measurements of the load generator. The caller passes an outcome filled with zeros, and receives the results in it. */

#ifndef BENCH_RUNS_H
#define BENCH_RUNS_H

#include "options.h"
#include "report.h"

/** Measures echo round trips on established connections, optionally beside idle ones. */
void echo_run(const struct options *options, struct outcome *outcome);

/** Measures short connections: each connects, echoes one message, and closes. */
void connect_run(const struct options *options, struct outcome *outcome);

/** Measures echo round trips of datagrams, with several in flight on each socket. */
void udp_run(const struct options *options, struct outcome *outcome);

#endif

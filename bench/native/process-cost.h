/** The resource usage of the server process. */

#ifndef BENCH_PROCESS_COST_H
#define BENCH_PROCESS_COST_H

#include <stdint.h>
#include <sys/types.h>

/** Returns the CPU time of all its threads, including those that have ended, in nanoseconds. Exact, not counted in ticks. */
int64_t process_cpu_ns(pid_t process);

/** Returns its resident memory in bytes. */
int64_t process_rss_bytes(pid_t process);

#endif

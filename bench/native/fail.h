/** How these programs end when they cannot go on: one line on stderr, exit code 1. */

#ifndef BENCH_FAIL_H
#define BENCH_FAIL_H

/** Prints the program's name and the message, and ends the process. */
__attribute__((noreturn, format(printf, 1, 2))) void fail(const char *format, ...);

#endif

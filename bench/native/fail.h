/** The error exit of these programs: one line on stderr, and exit code 1. */

#ifndef BENCH_FAIL_H
#define BENCH_FAIL_H

/** Prints the program's name and the message, and exits. */
__attribute__((noreturn, format(printf, 1, 2))) void fail(const char *format, ...);

#endif

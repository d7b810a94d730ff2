/**
 * The bytes that the load generator sends.
 *
 * Each connection sends one endless stream. The byte at each position is a function of connection and position, so that the echo can be
 * compared without keeping what was sent. The period is prime, so consecutive messages differ, and lost, repeated or reordered bytes
 * are detected.
 */

#ifndef BENCH_PATTERN_H
#define BENCH_PATTERN_H

#include <stddef.h>
#include <stdint.h>

/** The maximum length of a slice. */
enum { PATTERN_SLICE = 256 * 1024 };

/** Must be called before `pattern_at`. */
void pattern_fill(void);

/** Returns PATTERN_SLICE bytes of the stream of a connection, from a position on. */
const char *pattern_at(unsigned connection, uint64_t position);

#endif

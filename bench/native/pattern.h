/**
 * The bytes that the load generator sends.
 *
 * Connection C sends one endless stream, whose byte at position P is known from C and P alone. So any stretch of it can be sent,
 * and what comes back be compared, without keeping what was sent. The period is a prime: no two messages in a row are alike, and a
 * server that loses, repeats or mixes up bytes does not go unnoticed.
 */

#ifndef BENCH_PATTERN_H
#define BENCH_PATTERN_H

#include <stddef.h>
#include <stdint.h>

/** How many bytes can be had at once. */
enum { PATTERN_SLICE = 256 * 1024 };

/** Must be called before `pattern_at`. */
void pattern_fill(void);

/** The stream of a connection from a position on: PATTERN_SLICE bytes. */
const char *pattern_at(unsigned connection, uint64_t position);

#endif

#include "pattern.h"

enum { PERIOD = 65521 };

static char bytes[PERIOD + PATTERN_SLICE];

void pattern_fill(void) {
  uint32_t state = 2463534242u; /* xorshift32 */
  for (size_t i = 0; i < PERIOD; i += 1) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    bytes[i] = (char)(state >> 24);
  }
  for (size_t i = PERIOD; i < sizeof bytes; i += 1) bytes[i] = bytes[i - PERIOD];
}

const char *pattern_at(unsigned connection, uint64_t position) {
  return bytes + (connection * UINT64_C(7919) + position) % PERIOD;
}

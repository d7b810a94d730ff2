/** The command line of the load generator. */

#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct options {
  uint16_t port;
  bool connect;          /* connection set-up instead of echoes on open connections */
  unsigned connections;  /* those that are active */
  unsigned idle;         /* those that only stay open */
  unsigned size;         /* bytes of a message */
  unsigned depth;        /* messages under way on each connection, in the closed loop */
  double rate;           /* messages a second in all, in the open loop; 0: closed loop */
  double seconds;        /* the measured window */
  double warmup;         /* seconds before it */
  pid_t server;          /* whose CPU time and memory are measured; 0: nobody's */
  bool buckets;          /* print the whole histogram */
};

/** Reads the command line. A mistake, and --help, end the process. */
struct options options_of(int argc, char **argv);

#endif

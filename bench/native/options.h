/** The command line of the load generator. */

#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct options {
  uint16_t port;
  bool connect;          /* connection set-up instead of echoes on open connections */
  bool udp;              /* datagrams instead of streams */
  unsigned connections;  /* active connections */
  unsigned idle;         /* idle connections */
  unsigned size;         /* bytes of a message */
  unsigned depth;        /* messages in flight on each connection, in the closed loop */
  double rate;           /* messages per second in total, in the open loop; 0: closed loop */
  double seconds;        /* the measured window */
  double warmup;         /* seconds before the window */
  pid_t server;          /* the process whose CPU time and memory are measured; 0: none */
  bool buckets;          /* print the whole histogram */
};

/** Parses the command line. Exits after an error and after --help. */
struct options options_of(int argc, char **argv);

#endif

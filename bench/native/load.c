/**
 * The load generator of the benchmark: one thread on its own core, which never sleeps.
 *
 * It compares every byte of the echo with what was sent. Any error (different bytes, a lost connection, a server that is silent for long)
 * ends it with one line and exit code 1, because a run with errors is not a valid measurement.
 */

#include "runs.h"

int main(int argc, char **argv) {
  const struct options options = options_of(argc, argv);
  static struct outcome outcome;
  if (options.udp) {
    udp_run(&options, &outcome);
  } else if (options.connect) {
    connect_run(&options, &outcome);
  } else {
    echo_run(&options, &outcome);
  }
  report(&options, &outcome);
  return 0;
}

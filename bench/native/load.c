/**
 * The load generator of the benchmark: one thread on a core of its own, which never sleeps.
 *
 * Every byte that comes back is compared with what was sent. Anything that is wrong (other bytes, a lost connection, a server that is
 * silent for long) ends it with one line and exit code 1: a run with errors is not a measurement.
 */

#include "runs.h"

int main(int argc, char **argv) {
  const struct options options = options_of(argc, argv);
  static struct outcome outcome;
  if (options.connect) {
    connect_run(&options, &outcome);
  } else {
    echo_run(&options, &outcome);
  }
  report(&options, &outcome);
  return 0;
}

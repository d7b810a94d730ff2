/** Shared by the two echo servers in C. */

#ifndef BENCH_LISTENER_H
#define BENCH_LISTENER_H

/** The backlog of every server that is compared. */
#define BACKLOG 4096

/** Opens a non-blocking listening socket on a free port of 127.0.0.1. */
int listen_on_loopback(void);

/** Prints the port in the format common to all servers. The benchmark waits for this line before it connects. */
void announce_port(int listener);

#endif

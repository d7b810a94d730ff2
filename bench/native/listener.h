/** What both servers in C share. */

#ifndef BENCH_LISTENER_H
#define BENCH_LISTENER_H

/** The backlog of every server that is compared. */
#define BACKLOG 4096

/** Opens a non-blocking listening socket on a free port of 127.0.0.1. */
int listen_on_loopback(void);

/** Prints the port in the form that all servers use, which tells the benchmark that the server is listening. */
void announce_port(int listener);

#endif

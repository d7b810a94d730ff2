/** What both servers in C begin with. */

#ifndef BENCH_LISTENER_H
#define BENCH_LISTENER_H

/** The backlog of every server that is compared. */
#define BACKLOG 4096

/** A non-blocking socket that listens on a free port of 127.0.0.1. */
int listen_on_loopback(void);

/** Tells the benchmark, in the form that all servers use, that clients may come. */
void announce_port(int listener);

#endif

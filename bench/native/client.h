/**
 * The connections of the load generator.
 *
 * Each client counts three positions in its stream of bytes: how much it has sent, how much it has received, and how much it should
 * have sent (the target). Sending a message means raising the target.
 */

#ifndef BENCH_CLIENT_H
#define BENCH_CLIENT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

struct client {
  int fd;
  unsigned number;
  unsigned size;        /* bytes of a message */
  bool connected;
  bool waits_to_send;   /* registered for EPOLLOUT */
  uint64_t target, sent, received;
  uint64_t answered;    /* complete messages received */
  int64_t started;      /* when it started to connect */
  int64_t *sent_at;     /* closed loop: a ring of the times at which messages in flight were sent */
};

enum { EVENTS_AT_ONCE = 256 };

/** Returns the monotonic time in nanoseconds. */
int64_t now_ns(void);

/** Creates the epoll and the address that all clients share. Must be called first. */
void clients_prepare(uint16_t port, unsigned connections);

/**
 * Returns the pending events. Never blocks, because a generator that sleeps would measure its own wake-up time. Fails if the server has
 * been silent for long.
 */
int clients_poll(struct epoll_event *events);

/** Starts to connect; the first event reports completion. */
void client_open(struct client *client, unsigned number, unsigned size);

void client_close(struct client *client);

/** Handles an event: completes the connection, sends up to the target, receives and compares. */
void client_react(struct client *client, uint32_t events);

/** Sends one more message, now or as soon as the socket is writable. */
void client_request(struct client *client, unsigned messages);

/** Opens connections, each of which echoes one message, so that the server has accepted all of them. */
void clients_open(struct client *clients, unsigned count, unsigned first_number, unsigned size);

#endif

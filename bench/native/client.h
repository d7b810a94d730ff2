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
 * Collects the pending events and returns how many there are. Never blocks, because a load generator that sleeps would measure its own
 * wake-up time. Exits with an error if the server sends nothing for too long.
 */
int clients_poll(struct epoll_event *events);

/** Starts connecting. The first event reports that the connection is established or has failed. */
void client_open(struct client *client, unsigned number, unsigned size);

void client_close(struct client *client);

/** Handles an event: completes the connection, sends up to the target, receives and compares. */
void client_react(struct client *client, uint32_t events);

/** Sends one more message, now or as soon as the socket is writable. */
void client_request(struct client *client, unsigned messages);

/** Opens connections, and echoes one message on each, which shows that the server has accepted it. */
void clients_open(struct client *clients, unsigned count, unsigned first_number, unsigned size);

#endif

/**
 * One connection of the load generator, and what all of them share.
 *
 * A client is three numbers: how many bytes of its stream it has sent, has received back, and should have sent. To send a message
 * is to raise the last one.
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
  bool waits_to_send;   /* epoll watches for room to send */
  uint64_t target, sent, received;
  uint64_t answered;    /* whole messages that came back */
  int64_t started;      /* when its connect began */
  int64_t *sent_at;     /* closed loop: when each message under way was sent, a ring */
};

enum { EVENTS_AT_ONCE = 256 };

/** Nanoseconds of the monotonic clock. */
int64_t now_ns(void);

/** The epoll and the address that all clients use. Must be called before the rest. */
void clients_prepare(uint16_t port, unsigned connections);

/** The events that are there. Never blocks: a generator that sleeps measures how fast it wakes up. Fails when nothing comes for long. */
int clients_poll(struct epoll_event *events);

/** Starts to connect; the first event says that it is done. */
void client_open(struct client *client, unsigned number, unsigned size);

void client_close(struct client *client);

/** Deals with an event: finishes to connect, sends what is wanted, receives what is there and compares it. */
void client_react(struct client *client, uint32_t events);

/** Sends one message more, now or as soon as there is room. */
void client_request(struct client *client, unsigned messages);

/** Opens many, each of which echoes one message: then the server knows them all. */
void clients_open(struct client *clients, unsigned count, unsigned first_number, unsigned size);

#endif

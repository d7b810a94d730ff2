#include <stdlib.h>

#include "client.h"
#include "fail.h"
#include "runs.h"
#include "window.h"

/** Reconnects a client; its message is sent as soon as the connection is established. */
static void open_again(struct client *client, unsigned number, unsigned size) {
  client_open(client, number, size);
  client_request(client, 1);
}

void connect_run(const struct options *options, struct outcome *outcome) {
  clients_prepare(options->port, options->connections);
  struct client *clients = calloc(options->connections, sizeof *clients);
  if (clients == NULL) fail("no memory for %u connections", options->connections);
  unsigned number = 0;
  for (unsigned i = 0; i < options->connections; i += 1) open_again(&clients[i], number++, options->size);

  struct epoll_event events[EVENTS_AT_ONCE];
  int64_t now = now_ns();
  struct window window = window_from(options, now);
  bool measuring = false;
  while (now < window.end) {
    if (!measuring && now >= window.start) {
      measuring = true;
      window_begin(options, &window, now, outcome);
    }
    const int count = clients_poll(events);
    for (int i = 0; i < count; i += 1) {
      struct client *client = events[i].data.ptr;
      client_react(client, events[i].events);
      if (client->answered == 0) continue;
      histogram_record(&outcome->latencies, now_ns() - client->started);
      client_close(client);
      open_again(client, number++, options->size);
    }
    now = now_ns();
  }
  window_finish(options, &window, now, outcome);
  outcome->round_trips = (double)outcome->latencies.total;
}

#include <stdlib.h>
#include <time.h>

#include "client.h"
#include "fail.h"
#include "process-cost.h"
#include "runs.h"
#include "window.h"

enum {
  IDLE_MESSAGE_BYTES = 64,
  /* How long to wait after the window for missing answers. */
  GRACE_NS = 1000000000,
  /* How long the memory of the server takes to settle after many connections. */
  SETTLE_NS = 500000000,
  /* A limit per iteration: a generator that has fallen behind must still receive, and check the clock. */
  SENDS_IN_A_ROW = 16,
};

struct run {
  const struct options *options;
  struct outcome *outcome;
  struct client *clients;
  struct window window;
  int64_t start;
  uint64_t issued;       /* open loop: the number of requests sent so far */
  uint64_t window_first; /* the first request of the window, and the one after its last */
  uint64_t window_end;
};

static void *allocate(size_t count, size_t bytes) {
  void *memory = calloc(count, bytes);
  if (memory == NULL) fail("no memory for %zu connections", count);
  return memory;
}

static void wait_ns(int64_t nanoseconds) {
  const struct timespec time = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
  nanosleep(&time, NULL);
}

/** Opens the idle connections, and measures the memory of the server before and after. */
static void open_idle(const struct options *options, struct outcome *outcome) {
  if (options->idle == 0) return;
  struct client *idle = allocate(options->idle, sizeof *idle);
  wait_ns(SETTLE_NS);
  if (options->server > 0) outcome->rss_before_idle = process_rss_bytes(options->server);
  clients_open(idle, options->idle, options->connections, IDLE_MESSAGE_BYTES);
  wait_ns(SETTLE_NS);
  if (options->server > 0) outcome->rss_with_idle = process_rss_bytes(options->server);
}

/** Returns when a request of the open loop is due: the first at the start of the run, the others at equal intervals. */
static int64_t due_at(const struct run *run, uint64_t request) {
  return run->start + (int64_t)((double)request * 1e9 / run->options->rate);
}

/**
 * Returns the number of the request that belongs to the nth answer of a connection. Requests are distributed round-robin; the very first
 * echo of a connection belongs to its set-up.
 */
static uint64_t request_of(const struct run *run, const struct client *client, uint64_t answer) {
  return (answer - 1) * run->options->connections + client->number;
}

/** Returns how many requests are due by a given time. */
static uint64_t due_until(const struct run *run, int64_t now) {
  uint64_t request = (uint64_t)((double)(now - run->start) * run->options->rate / 1e9);
  while (due_at(run, request) < now) request += 1;
  return request;
}

/** Sends the requests that are due, whether or not earlier ones have been answered. */
static void send_due(struct run *run) {
  const int64_t now = now_ns();
  for (int sends = 0; sends < SENDS_IN_A_ROW; sends += 1) {
    if (run->issued >= run->window_end || due_at(run, run->issued) > now) return;
    client_request(&run->clients[run->issued % run->options->connections], 1);
    run->issued += 1;
  }
}

/** Closed loop: each answer is followed by the next request on that connection; the requests that follow one receive are sent together. */
static void answers_in_closed_loop(struct run *run, struct client *client, uint64_t before) {
  const unsigned depth = run->options->depth;
  const int64_t now = now_ns();
  for (uint64_t answer = before; answer < client->answered; answer += 1) {
    int64_t *sent_at = &client->sent_at[answer % depth];
    histogram_record(&run->outcome->latencies, now - *sent_at);
    *sent_at = now;
  }
  client_request(client, (unsigned)(client->answered - before));
}

/** Open loop: latency is measured from the due time, so that a pause of the server counts for all requests that waited. */
static void answers_in_open_loop(struct run *run, struct client *client, uint64_t before) {
  const int64_t now = now_ns();
  for (uint64_t answer = before; answer < client->answered; answer += 1) {
    const uint64_t request = request_of(run, client, answer);
    if (request >= run->window_first) histogram_record(&run->outcome->latencies, now - due_at(run, request));
  }
  send_due(run);
}

static void react(struct run *run, struct client *client, uint32_t events) {
  const uint64_t before = client->answered;
  client_react(client, events);
  if (client->answered == before) return;
  if (run->options->rate > 0) {
    answers_in_open_loop(run, client, before);
  } else {
    answers_in_closed_loop(run, client, before);
  }
}

/** Handles the pending events. Returns the time afterwards. */
static int64_t turn(struct run *run) {
  struct epoll_event events[EVENTS_AT_ONCE];
  if (run->options->rate > 0) send_due(run);
  const int count = clients_poll(events);
  for (int i = 0; i < count; i += 1) react(run, events[i].data.ptr, events[i].events);
  return now_ns();
}

static uint64_t bytes_received(const struct run *run) {
  uint64_t bytes = 0;
  for (unsigned i = 0; i < run->options->connections; i += 1) bytes += run->clients[i].received;
  return bytes;
}

static void begin(struct run *run, int64_t now) {
  run->start = now;
  run->window_end = UINT64_MAX;
  run->window = window_from(run->options, now);
  if (run->options->rate > 0) return;
  for (unsigned i = 0; i < run->options->connections; i += 1) {
    struct client *client = &run->clients[i];
    for (unsigned k = 0; k < run->options->depth; k += 1) client->sent_at[k] = now_ns();
    client_request(client, run->options->depth);
  }
}

/** Closed loop: counts unanswered requests that have waited longer than any that was answered. */
static void count_longest_wait(struct run *run, int64_t now) {
  for (unsigned i = 0; i < run->options->connections; i += 1) {
    const struct client *client = &run->clients[i];
    const int64_t waited = now - client->sent_at[client->answered % run->options->depth];
    if (waited > run->outcome->latencies.greatest) histogram_record(&run->outcome->latencies, waited);
  }
}

/** Open loop: waits for missing answers. Those that do not arrive count with the time that they have been waited for. */
static void wait_for_answers(struct run *run, int64_t now) {
  run->window_end = due_until(run, now);
  const int64_t give_up = now + GRACE_NS;
  while (run->outcome->latencies.total < run->window_end - run->window_first && now < give_up) now = turn(run);
  for (unsigned i = 0; i < run->options->connections; i += 1) {
    const struct client *client = &run->clients[i];
    for (uint64_t answer = client->answered;; answer += 1) {
      const uint64_t request = request_of(run, client, answer);
      if (request >= run->window_end) break;
      if (request < run->window_first) continue;
      histogram_record(&run->outcome->latencies, now - due_at(run, request));
      run->outcome->unanswered += 1;
    }
  }
}

void echo_run(const struct options *options, struct outcome *outcome) {
  clients_prepare(options->port, options->connections + options->idle);
  struct run run = {.options = options, .outcome = outcome};
  run.clients = allocate(options->connections, sizeof *run.clients);
  for (unsigned i = 0; i < options->connections; i += 1) {
    run.clients[i].sent_at = allocate(options->depth, sizeof *run.clients[i].sent_at);
  }
  clients_open(run.clients, options->connections, 0, options->size);
  open_idle(options, outcome);

  int64_t now = now_ns();
  begin(&run, now);
  while (now < run.window.start) now = turn(&run);
  const uint64_t bytes_before = bytes_received(&run);
  if (options->rate > 0) run.window_first = due_until(&run, now);
  window_begin(options, &run.window, now, outcome);
  while (now < run.window.end) now = turn(&run);
  window_finish(options, &run.window, now, outcome);
  outcome->round_trips = (double)(bytes_received(&run) - bytes_before) / options->size;
  if (options->rate > 0) {
    wait_for_answers(&run, now);
  } else {
    count_longest_wait(&run, now);
  }
}

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"
#include "fail.h"
#include "pattern.h"
#include "runs.h"
#include "window.h"

enum { MESSAGES_AT_ONCE = 64, STALL_NS = 2000000000, HEADER_BYTES = sizeof(uint64_t), RING = 16384 };

/**
 * One socket with its datagrams in flight. Each begins with its number. They may be answered out of order, so an answer is found in a ring
 * that is much longer than the number in flight; zero: not in flight.
 */
struct peer {
  int fd;
  uint64_t next;
  uint64_t *numbers;
  int64_t *sent_at;
};

static char received[MESSAGES_AT_ONCE][65536];
static char outgoing[MESSAGES_AT_ONCE][65536];
static struct iovec parts[MESSAGES_AT_ONCE];
static struct mmsghdr messages[MESSAGES_AT_ONCE];

static void *allocate(size_t count, size_t bytes) {
  void *memory = calloc(count, bytes);
  if (memory == NULL) fail("no memory for %zu datagrams", count);
  return memory;
}

static void open_peer(struct peer *peer, const struct options *options) {
  const struct sockaddr_in server = {
      .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(options->port)};
  peer->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (peer->fd < 0) fail("socket: %s", strerror(errno));
  if (connect(peer->fd, (const struct sockaddr *)&server, sizeof server) < 0) fail("connect: %s", strerror(errno));
  peer->next = 1;
  peer->numbers = allocate(RING, sizeof *peer->numbers);
  peer->sent_at = allocate(RING, sizeof *peer->sent_at);
}

static void use(char (*memory)[65536], size_t length) {
  for (unsigned i = 0; i < MESSAGES_AT_ONCE; i += 1) {
    parts[i] = (struct iovec){.iov_base = memory[i], .iov_len = length};
    messages[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1};
  }
}

/** Sends datagrams in the place of `count` that were answered. */
static void send_next(struct peer *peer, unsigned count, const struct options *options) {
  use(outgoing, options->size);
  const int64_t now = now_ns();
  for (unsigned i = 0; i < count; i += 1) {
    const uint64_t number = peer->next + i;
    memcpy(outgoing[i], &number, HEADER_BYTES);
    memcpy(outgoing[i] + HEADER_BYTES, pattern_at(0, number), options->size - HEADER_BYTES);
    peer->numbers[number % RING] = number;
    peer->sent_at[number % RING] = now;
  }
  peer->next += count;
  for (unsigned sent = 0; sent < count;) {
    const int result = sendmmsg(peer->fd, messages + sent, count - sent, 0);
    if (result < 0 && errno != EAGAIN && errno != EINTR) fail("sendmmsg: %s", strerror(errno));
    if (result > 0) sent += (unsigned)result;
  }
}

/** Checks an answer: each datagram must come back once, with the bytes that were sent. */
static void check(struct peer *peer, const char *bytes, size_t length, const struct options *options, int64_t now,
                  struct histogram *latencies) {
  uint64_t number = 0;
  if (length == options->size) memcpy(&number, bytes, HEADER_BYTES);
  const size_t slot = number % RING;
  if (number == 0 || peer->numbers[slot] != number) fail("the server sent a datagram that was not in flight");
  if (memcmp(bytes + HEADER_BYTES, pattern_at(0, number), length - HEADER_BYTES) != 0) {
    fail("the server sent other bytes than it received");
  }
  peer->numbers[slot] = 0;
  histogram_record(latencies, now - peer->sent_at[slot]);
}

/** Receives the answers that are there, and sends as many datagrams. Returns their number. */
static unsigned exchange(struct peer *peer, const struct options *options, struct histogram *latencies) {
  use(received, sizeof received[0]);
  const int count = recvmmsg(peer->fd, messages, MESSAGES_AT_ONCE, 0, NULL);
  if (count < 0 && errno != EAGAIN && errno != EINTR) fail("recvmmsg: %s", strerror(errno));
  if (count <= 0) return 0;
  const int64_t now = now_ns();
  for (int i = 0; i < count; i += 1) check(peer, received[i], messages[i].msg_len, options, now, latencies);
  send_next(peer, (unsigned)count, options);
  return (unsigned)count;
}

void udp_run(const struct options *options, struct outcome *outcome) {
  if (options->size < HEADER_BYTES || options->size > 65507) fail("--size: expected 8 to 65507 bytes with --udp");
  pattern_fill();
  struct peer *peers = allocate(options->connections, sizeof *peers);
  for (unsigned i = 0; i < options->connections; i += 1) {
    open_peer(&peers[i], options);
    for (unsigned left = options->depth; left > 0;) {
      const unsigned count = left < MESSAGES_AT_ONCE ? left : MESSAGES_AT_ONCE;
      send_next(&peers[i], count, options);
      left -= count;
    }
  }
  int64_t now = now_ns();
  int64_t last_answer = now;
  struct window window = window_from(options, now);
  bool measuring = false;
  while (now < window.end) {
    if (!measuring && now >= window.start) {
      measuring = true;
      window_begin(options, &window, now, outcome);
    }
    for (unsigned i = 0; i < options->connections; i += 1) {
      if (exchange(&peers[i], options, &outcome->latencies) > 0) last_answer = now;
    }
    now = now_ns();
    if (now - last_answer > STALL_NS) fail("no answer from the server for 2 s");
  }
  window_finish(options, &window, now, outcome);
  outcome->round_trips = (double)outcome->latencies.total;
}

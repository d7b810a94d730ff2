#include "client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "fail.h"
#include "pattern.h"

enum {
  CONNECTING_AT_ONCE = 64,
  STALL_SECONDS = 10,
  /* A closed connection occupies its address for a minute (TIME_WAIT), so connections use many source addresses, from 127.0.0.2 on. */
  SOURCE_ADDRESSES = 200,
};

static int poller;
static struct sockaddr_in server;
static int64_t last_event;
static char chunk[PATTERN_SLICE];

int64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static void allow_descriptors(unsigned connections) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < connections + 16u) {
    fail("%u connections need as many descriptors, but the limit is %llu (see ulimit -Hn)", connections,
         (unsigned long long)limit.rlim_cur);
  }
}

void clients_prepare(uint16_t port, unsigned connections) {
  allow_descriptors(connections);
  pattern_fill();
  poller = epoll_create1(EPOLL_CLOEXEC);
  if (poller < 0) fail("epoll_create1: %s", strerror(errno));
  server = (struct sockaddr_in){
      .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
  last_event = now_ns();
}

int clients_poll(struct epoll_event *events) {
  const int count = epoll_wait(poller, events, EVENTS_AT_ONCE, 0);
  if (count < 0 && errno != EINTR) fail("epoll_wait: %s", strerror(errno));
  if (count > 0) {
    last_event = now_ns();
    return count;
  }
  if (now_ns() - last_event > STALL_SECONDS * INT64_C(1000000000)) {
    fail("no answer from the server for %d s", STALL_SECONDS);
  }
  return 0;
}

static void watch(struct client *client, int operation, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = client};
  if (epoll_ctl(poller, operation, client->fd, &event) < 0) fail("epoll_ctl: %s", strerror(errno));
}

void client_open(struct client *client, unsigned number, unsigned size) {
  int64_t *ring = client->sent_at;
  *client = (struct client){.number = number, .size = size, .sent_at = ring, .started = now_ns()};
  client->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (client->fd < 0) fail("socket: %s", strerror(errno));
  const int on = 1;
  setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(client->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  const struct sockaddr_in source = {.sin_family = AF_INET,
                                     .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + number % SOURCE_ADDRESSES)};
  if (bind(client->fd, (const struct sockaddr *)&source, sizeof source) < 0) fail("bind: %s", strerror(errno));
  if (connect(client->fd, (struct sockaddr *)&server, sizeof server) < 0 && errno != EINPROGRESS) {
    fail("connection %u: %s", number, strerror(errno));
  }
  client->waits_to_send = true;
  watch(client, EPOLL_CTL_ADD, EPOLLIN | EPOLLOUT);
}

void client_close(struct client *client) {
  close(client->fd);
  client->fd = -1;
}

__attribute__((noreturn)) static void lost(const struct client *client, const char *why) {
  fail("connection %u, after %llu answers: %s", client->number, (unsigned long long)client->answered, why);
}

static void finish_connecting(struct client *client) {
  int error = 0;
  socklen_t length = sizeof error;
  getsockopt(client->fd, SOL_SOCKET, SO_ERROR, &error, &length);
  if (error != 0) fail("connection %u: %s", client->number, strerror(error));
  client->connected = true;
}

/** Sends up to the target. Waits for EPOLLOUT only if the socket is full. */
static void send_wanted(struct client *client) {
  while (client->sent < client->target) {
    const uint64_t left = client->target - client->sent;
    const size_t length = left < PATTERN_SLICE ? (size_t)left : PATTERN_SLICE;
    const ssize_t sent = send(client->fd, pattern_at(client->number, client->sent), length, MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno != EAGAIN && errno != EINTR) lost(client, strerror(errno));
      if (!client->waits_to_send) watch(client, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
      client->waits_to_send = true;
      return;
    }
    client->sent += (uint64_t)sent;
  }
  if (client->waits_to_send) watch(client, EPOLL_CTL_MOD, EPOLLIN);
  client->waits_to_send = false;
}

static void receive(struct client *client) {
  const ssize_t length = recv(client->fd, chunk, sizeof chunk, 0);
  if (length < 0) {
    if (errno == EAGAIN || errno == EINTR) return;
    lost(client, strerror(errno));
  }
  if (length == 0) lost(client, "the server closed it");
  if (client->received + (uint64_t)length > client->sent) lost(client, "the server sent more than it received");
  if (memcmp(chunk, pattern_at(client->number, client->received), (size_t)length) != 0) {
    lost(client, "the server sent other bytes than it received");
  }
  client->received += (uint64_t)length;
  client->answered = client->received / client->size;
}

void client_react(struct client *client, uint32_t events) {
  if (!client->connected) finish_connecting(client);
  if (client->waits_to_send) send_wanted(client);
  if (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) receive(client);
}

void client_request(struct client *client, unsigned messages) {
  client->target += (uint64_t)messages * client->size;
  if (!client->waits_to_send) send_wanted(client);
}

void clients_open(struct client *clients, unsigned count, unsigned first_number, unsigned size) {
  struct epoll_event events[EVENTS_AT_ONCE];
  unsigned opened = 0;
  unsigned ready = 0;
  while (ready < count) {
    while (opened < count && opened - ready < CONNECTING_AT_ONCE) {
      client_open(&clients[opened], first_number + opened, size);
      client_request(&clients[opened], 1);
      opened += 1;
    }
    const int got = clients_poll(events);
    for (int i = 0; i < got; i += 1) {
      struct client *client = events[i].data.ptr;
      const bool was_ready = client->answered > 0;
      client_react(client, events[i].events);
      if (!was_ready && client->answered > 0) ready += 1;
    }
  }
}

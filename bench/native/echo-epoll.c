/**
 * An echo server on bare epoll: the baseline for every other server.
 *
 * One thread, level-triggered. A message takes one recv, one send, and a share of an epoll_wait. What a socket does not accept is kept,
 * and the server does not read from that client until it is sent.
 */

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fail.h"
#include "listener.h"

enum { CHUNK_BYTES = 256 * 1024, EVENTS_AT_ONCE = 1024 };

struct connection {
  int fd;
  char *unsent; /* NULL if everything has been sent */
  size_t unsent_length;
  size_t unsent_start;
};

static int poller;
/* Shared by all connections: separate buffers would not fit into the caches. */
static char chunk[CHUNK_BYTES];

static void watch(struct connection *connection, int operation, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = connection};
  if (epoll_ctl(poller, operation, connection->fd, &event) < 0) fail("epoll_ctl: %s", strerror(errno));
}

static void close_connection(struct connection *connection) {
  close(connection->fd); /* also removes it from epoll, as the descriptor has no duplicates */
  free(connection->unsent);
  free(connection);
}

/** Returns the number of bytes that the socket accepted; 0 if it is full, -1 if the client has disconnected. */
static ssize_t send_some(int fd, const char *bytes, size_t length) {
  const ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
  if (sent >= 0) return sent;
  return errno == EAGAIN || errno == EINTR ? 0 : -1;
}

static void keep(struct connection *connection, const char *bytes, size_t length) {
  connection->unsent = malloc(length);
  if (connection->unsent == NULL) fail("no memory for %zu bytes", length);
  memcpy(connection->unsent, bytes, length);
  connection->unsent_length = length;
  connection->unsent_start = 0;
  watch(connection, EPOLL_CTL_MOD, EPOLLOUT);
}

static void receive(struct connection *connection) {
  const ssize_t received = recv(connection->fd, chunk, sizeof chunk, 0);
  if (received < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (received <= 0) {
    close_connection(connection);
    return;
  }
  const ssize_t sent = send_some(connection->fd, chunk, (size_t)received);
  if (sent < 0) {
    close_connection(connection);
  } else if (sent < received) {
    keep(connection, chunk + sent, (size_t)(received - sent));
  }
}

static void flush(struct connection *connection) {
  const size_t left = connection->unsent_length - connection->unsent_start;
  const ssize_t sent = send_some(connection->fd, connection->unsent + connection->unsent_start, left);
  if (sent < 0) {
    close_connection(connection);
    return;
  }
  connection->unsent_start += (size_t)sent;
  if (connection->unsent_start < connection->unsent_length) return;
  free(connection->unsent);
  connection->unsent = NULL;
  watch(connection, EPOLL_CTL_MOD, EPOLLIN);
}

static void accept_clients(int listener) {
  for (int accepted = 0; accepted < BACKLOG; accepted += 1) {
    const int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == EAGAIN || errno == ECONNABORTED || errno == EINTR) return;
      fail("accept4: %s", strerror(errno));
    }
    const int on = 1;
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0) fail("TCP_NODELAY: %s", strerror(errno));
    struct connection *connection = calloc(1, sizeof *connection);
    if (connection == NULL) fail("no memory for a connection");
    connection->fd = fd;
    watch(connection, EPOLL_CTL_ADD, EPOLLIN);
  }
}

int main(void) {
  const int listener = listen_on_loopback();
  poller = epoll_create1(EPOLL_CLOEXEC);
  if (poller < 0) fail("epoll_create1: %s", strerror(errno));
  struct epoll_event listening = {.events = EPOLLIN, .data.ptr = NULL};
  if (epoll_ctl(poller, EPOLL_CTL_ADD, listener, &listening) < 0) fail("epoll_ctl: %s", strerror(errno));
  announce_port(listener);

  static struct epoll_event events[EVENTS_AT_ONCE];
  for (;;) {
    const int count = epoll_wait(poller, events, EVENTS_AT_ONCE, -1);
    if (count < 0 && errno != EINTR) fail("epoll_wait: %s", strerror(errno));
    for (int i = 0; i < count; i += 1) {
      struct connection *connection = events[i].data.ptr;
      if (connection == NULL) {
        accept_clients(listener);
      } else if (connection->unsent != NULL) {
        flush(connection);
      } else {
        receive(connection);
      }
    }
  }
}

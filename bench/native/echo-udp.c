/**
 * A UDP echo server on recvmmsg and sendmmsg: the baseline for the datagram servers.
 *
 * It blocks until a datagram arrives, receives all that are there, and answers them in one call.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "fail.h"
#include "listener.h"

enum { AT_ONCE = 64, DATAGRAM_BYTES = 2048 };

static char bytes[AT_ONCE][DATAGRAM_BYTES + 64]; /* not a power of two, so that datagrams do not evict each other from the caches */
static struct sockaddr_in addresses[AT_ONCE];
static struct iovec parts[AT_ONCE];
static struct mmsghdr messages[AT_ONCE];

static int bind_to_loopback(void) {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket: %s", strerror(errno));
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) fail("bind: %s", strerror(errno));
  return fd;
}

/** Prepares the first messages for a receive. */
static void prepare(unsigned count) {
  for (unsigned i = 0; i < count; i += 1) {
    parts[i] = (struct iovec){.iov_base = bytes[i], .iov_len = DATAGRAM_BYTES};
    messages[i].msg_hdr = (struct msghdr){
        .msg_name = &addresses[i], .msg_namelen = sizeof addresses[i], .msg_iov = &parts[i], .msg_iovlen = 1};
  }
}

static void answer(int fd, unsigned count) {
  for (unsigned i = 0; i < count; i += 1) parts[i].iov_len = messages[i].msg_len;
  for (unsigned sent = 0; sent < count;) {
    const int result = sendmmsg(fd, messages + sent, count - sent, 0);
    if (result > 0) sent += (unsigned)result;
    else if (errno != EINTR && errno != EAGAIN) sent += 1; /* a datagram that is refused affects no other client */
  }
}

int main(void) {
  const int fd = bind_to_loopback();
  prepare(AT_ONCE);
  announce_port(fd);
  for (;;) {
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    if (poll(&readable, 1, -1) < 0 && errno != EINTR) fail("poll: %s", strerror(errno));
    const int count = recvmmsg(fd, messages, AT_ONCE, 0, NULL);
    if (count <= 0) continue;
    answer(fd, (unsigned)count);
    prepare((unsigned)count);
  }
}

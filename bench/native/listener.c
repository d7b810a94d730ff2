#include "listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "fail.h"

int listen_on_loopback(void) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (listener < 0) fail("socket: %s", strerror(errno));
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0) fail("bind: %s", strerror(errno));
  if (listen(listener, BACKLOG) < 0) fail("listen: %s", strerror(errno));
  return listener;
}

void announce_port(int listener) {
  struct sockaddr_in address;
  socklen_t length = sizeof address;
  if (getsockname(listener, (struct sockaddr *)&address, &length) < 0) fail("getsockname: %s", strerror(errno));
  printf("{\"port\":%d}\n", ntohs(address.sin_port));
  fflush(stdout);
}

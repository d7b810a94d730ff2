// Pairs of connected descriptors for tests: sockets or pipes. A Channel closes both when it goes out of scope.

#ifndef SELECTLOOP_TEST_CHANNEL_H_
#define SELECTLOOP_TEST_CHANNEL_H_

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

#include "core/unique_fd.h"

namespace selectloop {

// Aborts if a system call that prepares a test fails. (CHECK is for the results under test: it reports a failure and continues.)
inline void Must(bool succeeded) {
  if (!succeeded) std::abort();
}

struct Channel {
  UniqueFd a, b;

  void WriteA() { Must(write(a.get(), "x", 1) == 1); }
  void WriteB() { Must(write(b.get(), "x", 1) == 1); }
};

inline Channel MakeSocketPair(int type = SOCK_STREAM) {
  int ends[2];
  Must(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) == 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// `a` is the read end, `b` the write end. Both are non-blocking.
inline Channel MakePipePair() {
  int ends[2];
  Must(pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

inline bool IsOpen(int fd) { return fcntl(fd, F_GETFD) >= 0; }

}  // namespace selectloop

#endif  // SELECTLOOP_TEST_CHANNEL_H_

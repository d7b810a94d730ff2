#include "core/socket_ops.h"

#include <sys/socket.h>

#include <algorithm>
#include <climits>

#include "core/result.h"

namespace selectloop {
namespace {

socklen_t OptionLength(size_t length) { return static_cast<socklen_t>(std::min<size_t>(length, INT_MAX)); }

}  // namespace

int CreateSocket(int family, int type, int protocol) { return ResultOf(socket(family, type | SOCK_CLOEXEC, protocol)); }

int CreateSocketPair(int family, int type, int protocol, int32_t* pair) {
  int ends[2];
  if (socketpair(family, type | SOCK_CLOEXEC, protocol, ends) < 0) return -errno;
  pair[0] = ends[0];
  pair[1] = ends[1];
  return 0;
}

int Shutdown(int fd, int how) { return ResultOf(shutdown(fd, how)); }

int Bind(int fd, const RawAddress& address) { return ResultOf(bind(fd, address.get(), address.length)); }

int Listen(int fd, int backlog) { return ResultOf(listen(fd, backlog)); }

int Accept(int fd, bool non_blocking, RawAddress* address) {
  const int flags = SOCK_CLOEXEC | (non_blocking ? SOCK_NONBLOCK : 0);
  return RetryOnEintr([=] {
    if (address == nullptr) return accept4(fd, nullptr, nullptr, flags);
    address->length = sizeof(address->storage);
    return accept4(fd, address->get(), &address->length, flags);
  });
}

int Connect(int fd, const RawAddress& address) {
  // Not retried: by POSIX, an interrupted connection attempt continues, and a second connect() would fail with EALREADY or, if the attempt
  // was quick, with EISCONN. EINTR is not reported as EINPROGRESS either, with which the kernel ends a blocking attempt after SO_SNDTIMEO:
  // the caller waits after the one and not after the other.
  return ResultOf(connect(fd, address.get(), address.length));
}

int GetSockName(int fd, RawAddress* address) { return ResultOf(getsockname(fd, address->get(), &address->length)); }

int GetPeerName(int fd, RawAddress* address) { return ResultOf(getpeername(fd, address->get(), &address->length)); }

int GetSockOpt(int fd, int level, int option, void* value, size_t length) {
  socklen_t size = OptionLength(length);
  if (getsockopt(fd, level, option, value, &size) < 0) return -errno;
  return static_cast<int>(size);
}

int SetSockOpt(int fd, int level, int option, const void* value, size_t length) {
  return ResultOf(setsockopt(fd, level, option, value, OptionLength(length)));
}

}  // namespace selectloop

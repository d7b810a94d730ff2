// The socket system calls that transfer no data. Each returns a value >= 0 or -errno; every new descriptor is close-on-exec.

#ifndef SELECTLOOP_CORE_SOCKET_OPS_H_
#define SELECTLOOP_CORE_SOCKET_OPS_H_

#include <cstddef>
#include <cstdint>

#include "core/sockaddr.h"

namespace selectloop {

int CreateSocket(int family, int type, int protocol);
int CreateSocketPair(int family, int type, int protocol, int32_t* pair);
int Shutdown(int fd, int how);
int Bind(int fd, const RawAddress& address);
int Listen(int fd, int backlog);
// `address` may be null.
int Accept(int fd, bool non_blocking, RawAddress* address);
int Connect(int fd, const RawAddress& address);
int GetSockName(int fd, RawAddress* address);
int GetPeerName(int fd, RawAddress* address);
// Returns the length that the kernel wrote.
int GetSockOpt(int fd, int level, int option, void* value, size_t length);
int SetSockOpt(int fd, int level, int option, const void* value, size_t length);

}  // namespace selectloop

#endif  // SELECTLOOP_CORE_SOCKET_OPS_H_

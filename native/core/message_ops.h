// Moving bytes, and descriptors, through sockets. Sends never raise SIGPIPE; EINTR is retried.

#ifndef SELECTLOOP_CORE_MESSAGE_OPS_H_
#define SELECTLOOP_CORE_MESSAGE_OPS_H_

#include <sys/types.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/sockaddr.h"
#include "core/unique_fd.h"

namespace selectloop {

// The most descriptors the kernel passes in one message (SCM_MAX_FD, which no header exports).
constexpr int kMostPassedFds = 253;

ssize_t Send(int fd, const void* data, size_t length, int flags);
ssize_t SendTo(int fd, const void* data, size_t length, int flags, const RawAddress& address);
// `address` may be null. At most IOV_MAX of the parts are taken.
ssize_t SendMessage(int fd, const iovec* parts, size_t part_count, const std::vector<int>& fds, int flags,
                    const RawAddress* address);

// A send, or a receive, of many: which descriptor, and the bytes from where and how many. `length` becomes the result.
struct ByteCall {
  int32_t fd;
  int32_t offset;
  int32_t length;
};

// A send for each call, of bytes of `data`; one that is not within `size` is not made: -EINVAL.
void SendEach(ByteCall* calls, size_t count, const uint8_t* data, size_t size);

// A receive for each descriptor in turn, into `data`, one behind the other, each with all the room that is left; it ends before
// the first that would have less than `least`. Each descriptor becomes the result. Returns how many were tried.
size_t ReceiveEach(int32_t* fds, size_t count, uint8_t* data, size_t size, size_t least);

ssize_t Receive(int fd, void* data, size_t length, int flags);
ssize_t ReceiveFrom(int fd, void* data, size_t length, int flags, RawAddress* address);

struct ReceivedMessage {
  RawAddress address;
  std::vector<UniqueFd> fds;  // closed with the message unless released
  int flags = 0;
};

// `max_fds` from 0 to kMostPassedFds; the kernel closes what goes beyond it and sets MSG_CTRUNC.
ssize_t ReceiveMessage(int fd, void* data, size_t length, int max_fds, int flags, ReceivedMessage* message);

}  // namespace selectloop

#endif  // SELECTLOOP_CORE_MESSAGE_OPS_H_

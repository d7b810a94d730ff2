#include "core/descriptor_ops.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <algorithm>
#include <climits>

#include "core/deadline.h"
#include "core/event_mask.h"
#include "core/result.h"

namespace selectloop {
namespace {

// The kernel's limit for one call (MAX_RW_COUNT). Applying it here keeps results within int32.
constexpr uint64_t kMostBytes = 0x7ffff000;

}  // namespace

int Duplicate(int fd) {
  return RetryOnEintr([=] { return fcntl(fd, F_DUPFD_CLOEXEC, 0); });
}

int Probe(int fd) { return fcntl(fd, F_GETFD) < 0 ? -errno : 0; }

int MakePipe(int32_t* pair) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return -errno;
  pair[0] = ends[0];
  pair[1] = ends[1];
  return 0;
}

int SetNonBlocking(int fd, bool non_blocking) {
  const int flags = fcntl(fd, F_GETFL);
  if (flags < 0) return -errno;
  const int wanted = non_blocking ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
  if (wanted == flags) return 0;
  return ResultOf(fcntl(fd, F_SETFL, wanted));
}

int GetNonBlocking(int fd) {
  const int flags = fcntl(fd, F_GETFL);
  if (flags < 0) return -errno;
  return (flags & O_NONBLOCK) != 0 ? 1 : 0;
}

int WaitFor(int fd, int events, double timeout_ms) {
  if (!IsEventMask(events)) return -EINVAL;
  if (fd < 0) return -EBADF;  // poll(2) ignores negative numbers and would wait until the timeout
  pollfd entry = {fd, PollFromMask(events), 0};
  const Deadline deadline(timeout_ms);
  for (;;) {
    timespec left;
    const int count = ppoll(&entry, 1, deadline.Remaining(&left), nullptr);
    if (count == 0) return 0;
    if (count > 0) {
      if ((entry.revents & POLLNVAL) != 0) return -EBADF;
      return MaskFromPoll(static_cast<unsigned short>(entry.revents), events);
    }
    if (errno != EINTR) return -errno;
  }
}

ssize_t Read(int fd, void* data, size_t length) {
  return RetryOnEintr([=] { return read(fd, data, length); });
}

ssize_t Write(int fd, const void* data, size_t length) {
  return RetryOnEintr([=] { return write(fd, data, length); });
}

ssize_t WriteVector(int fd, const iovec* parts, size_t count) {
  const int taken = static_cast<int>(std::min<size_t>(count, IOV_MAX));
  return RetryOnEintr([=] { return writev(fd, parts, taken); });
}

ssize_t SendFile(int out_fd, int in_fd, int64_t offset, uint64_t count) {
  const size_t wanted = static_cast<size_t>(std::min(count, kMostBytes));
  return RetryOnEintr([=] {
    off_t position = static_cast<off_t>(offset);
    return sendfile(out_fd, in_fd, &position, wanted);
  });
}

}  // namespace selectloop

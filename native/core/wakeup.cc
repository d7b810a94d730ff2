#include "core/wakeup.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

#include "core/result.h"

namespace selectloop {

int CreateEventFd() { return ResultOf(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)); }

int Notify(int fd) {
  const uint64_t one = 1;
  const ssize_t result = RetryOnEintr([&] { return write(fd, &one, sizeof(one)); });
  // The counter is full, so the eventfd is readable already and the loop will wake.
  if (result == -EAGAIN) return 0;
  return result < 0 ? static_cast<int>(result) : 0;
}

int Drain(int fd) {
  // One read takes the whole counter.
  uint64_t count;
  const ssize_t result = RetryOnEintr([&] { return read(fd, &count, sizeof(count)); });
  if (result == -EAGAIN) return 0;
  return result < 0 ? static_cast<int>(result) : 0;
}

}  // namespace selectloop

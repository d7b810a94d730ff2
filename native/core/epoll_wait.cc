#include "core/epoll_wait.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "core/result.h"

namespace selectloop {
namespace {

// The raw system call, because the C library's wrapper (glibc 2.35) is newer than the first kernels that have the call.
#ifdef SYS_epoll_pwait2
constexpr long kEpollPwait2 = SYS_epoll_pwait2;
#else
constexpr long kEpollPwait2 = 441;  // the same number on every architecture that Node supports
#endif

// The kernel's struct, whatever the size of time_t on a 32-bit system.
struct KernelTimespec {
  int64_t seconds;
  int64_t nanoseconds;
};

int EpollPwait2(int epoll_fd, epoll_event* events, int capacity, const KernelTimespec* timeout) {
  return static_cast<int>(syscall(kEpollPwait2, epoll_fd, events, capacity, timeout, nullptr, size_t{0}));
}

}  // namespace

bool HasEpollPwait2() {
  // A kernel that has the call rejects the descriptor with EBADF; one without it returns ENOSYS, and a seccomp filter EPERM.
  epoll_event event;
  const KernelTimespec now = {0, 0};
  return EpollPwait2(-1, &event, 1, &now) < 0 && errno == EBADF;
}

int EpollWait(int epoll_fd, epoll_event* events, int capacity, const Deadline& deadline, bool use_pwait2) {
  if (!use_pwait2 || deadline.infinite() || deadline.immediate()) {
    return ResultOf(epoll_wait(epoll_fd, events, capacity, deadline.RemainingMs()));
  }
  const int64_t remaining = deadline.RemainingNanoseconds();
  const KernelTimespec timeout = {remaining / 1000000000, remaining % 1000000000};
  return ResultOf(EpollPwait2(epoll_fd, events, capacity, &timeout));
}

}  // namespace selectloop

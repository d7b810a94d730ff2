// epoll_wait with the best timeout resolution that the kernel offers.

#ifndef SELECTLOOP_CORE_EPOLL_WAIT_H_
#define SELECTLOOP_CORE_EPOLL_WAIT_H_

#include <sys/epoll.h>

#include "core/deadline.h"

namespace selectloop {

// Tests the running kernel, which may not be the one on which the addon was compiled. Linux 5.11 and later; containers may forbid it.
bool HasEpollPwait2();

// Waits once. Returns the number of events or -errno; the caller handles -EINTR.
int EpollWait(int epoll_fd, epoll_event* events, int capacity, const Deadline& deadline, bool use_pwait2);

}  // namespace selectloop

#endif  // SELECTLOOP_CORE_EPOLL_WAIT_H_

// epoll_wait with the best timeout resolution the kernel offers.

#ifndef SELECTLOOP_CORE_EPOLL_WAIT_H_
#define SELECTLOOP_CORE_EPOLL_WAIT_H_

#include <sys/epoll.h>

#include "core/deadline.h"

namespace selectloop {

// Asks the running kernel: the one the addon was compiled on says nothing. Since Linux 5.11; containers may forbid it.
bool HasEpollPwait2();

// Waits once; the number of events or -errno (-EINTR included, the deadline is the caller's).
int EpollWait(int epoll_fd, epoll_event* events, int capacity, const Deadline& deadline, bool use_pwait2);

}  // namespace selectloop

#endif  // SELECTLOOP_CORE_EPOLL_WAIT_H_

// Wakes a loop from another thread, through an eventfd: any number of notifications makes it readable once.

#ifndef SELECTLOOP_CORE_WAKEUP_H_
#define SELECTLOOP_CORE_WAKEUP_H_

namespace selectloop {

int CreateEventFd();      // non-blocking, close-on-exec
int Notify(int fd);       // 0 or -errno; a full counter is success
int Drain(int fd);        // 0 or -errno; an empty counter is success

}  // namespace selectloop

#endif  // SELECTLOOP_CORE_WAKEUP_H_

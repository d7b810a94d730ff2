// The one place that closes descriptors.
//
// Invariant: the numbers 0, 1 and 2 are never free. A free number goes to whichever descriptor is opened next, in any thread. If that
// belongs to a libuv loop, libuv aborts the process, because it asserts that its descriptors are above 2; if it is a connection, the
// peer receives what the program prints. So closing one of these numbers puts /dev/null in its place.

#ifndef SELECTLOOP_CORE_CLOSING_H_
#define SELECTLOOP_CORE_CLOSING_H_

namespace selectloop {

// 0 or -errno. The number is released in either case, and is never retried on EINTR: another thread may have got it already.
int CloseDescriptor(int fd);

}  // namespace selectloop

#endif  // SELECTLOOP_CORE_CLOSING_H_

// The two bits of a selector event, and their conversion to and from the bits of poll(2).

#ifndef SELECTLOOP_CORE_EVENT_MASK_H_
#define SELECTLOOP_CORE_EVENT_MASK_H_

#include <poll.h>

namespace selectloop {

constexpr int kEventRead = 1;
constexpr int kEventWrite = 2;

constexpr bool IsEventMask(int events) { return events >= 1 && events <= (kEventRead | kEventWrite); }

constexpr short PollFromMask(int events) {
  return static_cast<short>((events & kEventRead ? POLLIN : 0) | (events & kEventWrite ? POLLOUT : 0));
}

// Errors and hang-ups wake whichever side is registered, as in CPython's selectors: a reader then reads EOF or the error, and a writer
// gets EPIPE. Ignoring POLLHUP on a descriptor that is registered only for writing would make the loop spin, because the kernel always
// reports it. POLLNVAL counts as an error.
constexpr int MaskFromPoll(unsigned int revents, int requested) {
  const int events = ((revents & ~static_cast<unsigned int>(POLLOUT)) != 0 ? kEventRead : 0) |
                     ((revents & ~static_cast<unsigned int>(POLLIN)) != 0 ? kEventWrite : 0);
  return events & requested;
}

}  // namespace selectloop

#endif  // SELECTLOOP_CORE_EVENT_MASK_H_

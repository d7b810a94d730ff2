// A timeout in milliseconds as a moment on the monotonic clock, and the time left until it.
//
// Invariant: nothing here rounds down. A wait that ends a fraction early makes the loop find its timer not due yet, and it
// then spins with a zero timeout until it is.

#ifndef SELECTLOOP_CORE_DEADLINE_H_
#define SELECTLOOP_CORE_DEADLINE_H_

#include <cstdint>
#include <ctime>

namespace selectloop {

// Rounded up; clamped to 146 years, so that adding it to the clock cannot overflow. Expects a number that is not NaN.
int64_t NanosecondsFromMs(double timeout_ms);

// Rounded up, so never 0 for a positive time; at most INT_MAX (the caller then waits again).
int MsFromNanoseconds(int64_t nanoseconds);

class Deadline {
 public:
  // Negative waits for ever.
  explicit Deadline(double timeout_ms);

  bool infinite() const { return infinite_; }
  bool immediate() const { return immediate_; }

  // 0 once the deadline has passed. Meaningless for an infinite one.
  int64_t RemainingNanoseconds() const;

  // What ppoll and pselect take: null waits for ever, else `storage` filled with the time left.
  timespec* Remaining(timespec* storage) const;

  // What epoll_wait takes: -1 waits for ever.
  int RemainingMs() const;

 private:
  bool infinite_;
  bool immediate_;
  int64_t end_ = 0;  // CLOCK_MONOTONIC, nanoseconds; unused when infinite or immediate
};

}  // namespace selectloop

#endif  // SELECTLOOP_CORE_DEADLINE_H_

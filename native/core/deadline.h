// Converts a timeout in milliseconds to a deadline on the monotonic clock, and computes the remaining time.
//
// Invariant: nothing here rounds down. If a wait ended slightly early, the loop's timer would not be due yet, and the loop would spin
// with a zero timeout until it is.

#ifndef SELECTLOOP_CORE_DEADLINE_H_
#define SELECTLOOP_CORE_DEADLINE_H_

#include <cstdint>
#include <ctime>

namespace selectloop {

// Rounds up, and clamps to 146 years, so that adding the result to the clock cannot overflow. `timeout_ms` must not be NaN.
int64_t NanosecondsFromMs(double timeout_ms);

// Rounds up, so the result is never 0 for a positive time; at most INT_MAX, after which the caller waits again.
int MsFromNanoseconds(int64_t nanoseconds);

class Deadline {
 public:
  // Negative: infinite.
  explicit Deadline(double timeout_ms);

  bool infinite() const { return infinite_; }
  bool immediate() const { return immediate_; }

  // 0 once the deadline has passed. Must not be called for an infinite one.
  int64_t RemainingNanoseconds() const;

  // For ppoll and pselect: null if infinite, otherwise `storage`, filled with the remaining time.
  timespec* Remaining(timespec* storage) const;

  // For epoll_wait: -1 if infinite.
  int RemainingMs() const;

 private:
  bool infinite_;
  bool immediate_;
  int64_t end_ = 0;  // CLOCK_MONOTONIC, nanoseconds; unused when infinite or immediate
};

}  // namespace selectloop

#endif  // SELECTLOOP_CORE_DEADLINE_H_

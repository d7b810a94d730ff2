#include "core/deadline.h"

#include <climits>
#include <cmath>

namespace selectloop {
namespace {

constexpr int64_t kNanosecondsPerSecond = 1000000000;
constexpr int64_t kNanosecondsPerMs = 1000000;
constexpr int64_t kLongest = INT64_MAX / 2;

int64_t Now() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * kNanosecondsPerSecond + now.tv_nsec;
}

}  // namespace

int64_t NanosecondsFromMs(double timeout_ms) {
  const double nanoseconds = std::ceil(timeout_ms * 1e6);
  if (nanoseconds >= static_cast<double>(kLongest)) return kLongest;
  return static_cast<int64_t>(nanoseconds);
}

int MsFromNanoseconds(int64_t nanoseconds) {
  const int64_t ms = nanoseconds / kNanosecondsPerMs + (nanoseconds % kNanosecondsPerMs != 0 ? 1 : 0);
  return ms > INT_MAX ? INT_MAX : static_cast<int>(ms);
}

Deadline::Deadline(double timeout_ms) : infinite_(timeout_ms < 0), immediate_(timeout_ms == 0) {
  // A loop with ready handles polls with a timeout of 0 all the time; that must not cost a clock reading.
  if (!infinite_ && !immediate_) end_ = Now() + NanosecondsFromMs(timeout_ms);
}

int64_t Deadline::RemainingNanoseconds() const {
  if (immediate_) return 0;
  const int64_t remaining = end_ - Now();
  return remaining > 0 ? remaining : 0;
}

timespec* Deadline::Remaining(timespec* storage) const {
  if (infinite_) return nullptr;
  const int64_t remaining = RemainingNanoseconds();
  storage->tv_sec = static_cast<time_t>(remaining / kNanosecondsPerSecond);
  storage->tv_nsec = static_cast<long>(remaining % kNanosecondsPerSecond);
  return storage;
}

int Deadline::RemainingMs() const { return infinite_ ? -1 : MsFromNanoseconds(RemainingNanoseconds()); }

}  // namespace selectloop

// Timeouts are rounded up and never overflow.

#include <climits>
#include <cmath>

#include "check.h"
#include "core/deadline.h"

namespace selectloop {
namespace {

TEST("nanoseconds are rounded up") {
  CHECK_EQ(NanosecondsFromMs(1), 1000000);
  CHECK_EQ(NanosecondsFromMs(0.0000001), 1);
  CHECK_EQ(NanosecondsFromMs(1e-300), 1);
  CHECK_EQ(NanosecondsFromMs(2.0000001), 2000001);
}

TEST("very long times are clamped") {
  CHECK(NanosecondsFromMs(1e300) > 0);
  CHECK(NanosecondsFromMs(INFINITY) > 0);
  CHECK_EQ(MsFromNanoseconds(INT64_MAX), INT_MAX);
}

TEST("milliseconds are rounded up") {
  CHECK_EQ(MsFromNanoseconds(0), 0);
  CHECK_EQ(MsFromNanoseconds(1), 1);
  CHECK_EQ(MsFromNanoseconds(1000000), 1);
  CHECK_EQ(MsFromNanoseconds(1000001), 2);
}

TEST("a negative time is infinite, and zero is immediate") {
  timespec left;
  CHECK(Deadline(-1).Remaining(&left) == nullptr);
  CHECK(Deadline(-1e-100).infinite());
  CHECK_EQ(Deadline(-0.5).RemainingMs(), -1);
  CHECK_EQ(Deadline(0).RemainingNanoseconds(), 0);
  CHECK(!Deadline(-0.0).infinite());
}

TEST("a positive time runs out") {
  const Deadline deadline(1);
  CHECK(deadline.RemainingNanoseconds() <= 1000000);
  while (deadline.RemainingNanoseconds() > 0) continue;
  CHECK_EQ(deadline.RemainingMs(), 0);
}

}  // namespace
}  // namespace selectloop

TEST_MAIN

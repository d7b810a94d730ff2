// One suite for all selectors: the contract, whatever the kernel mechanism.

#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "check.h"
#include "channel.h"
#include "core/event_mask.h"
#include "core/selector_epoll.h"
#include "core/selector_poll.h"
#include "core/selector_select.h"

namespace selectloop {
namespace {

using Clock = std::chrono::steady_clock;

struct Kind {
  const char* name;
  std::unique_ptr<Selector> (*make)();
};

const Kind kKinds[] = {
    {"select", []() -> std::unique_ptr<Selector> { return std::make_unique<SelectSelector>(); }},
    {"poll", []() -> std::unique_ptr<Selector> { return std::make_unique<PollSelector>(); }},
    {"epoll", []() -> std::unique_ptr<Selector> { return std::make_unique<EpollSelector>(); }},
    {"epoll without pwait2", []() -> std::unique_ptr<Selector> { return std::make_unique<EpollSelector>(false); }},
};

using Pairs = std::vector<std::pair<int, int>>;

Pairs SelectPairs(Selector& selector, double timeout_ms, size_t capacity = 64) {
  std::vector<int32_t> ready(2 * capacity);
  const int count = selector.Select(timeout_ms, ready.data(), capacity);
  if (count < 0) return {{count, count}};
  Pairs pairs;
  for (int i = 0; i < count; ++i) pairs.emplace_back(ready[2 * i], ready[2 * i + 1]);
  std::sort(pairs.begin(), pairs.end());
  return pairs;
}

double MsOf(const std::function<void()>& body) {
  const auto start = Clock::now();
  body();
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

// Registers a case for each kind, with an open selector.
struct EachSelector {
  EachSelector(const char* name, void (*body)(Selector&)) {
    for (const Kind& kind : kKinds) {
      check::Registrar(std::string(kind.name) + ": " + name, [kind, body] {
        const std::unique_ptr<Selector> selector = kind.make();
        CHECK_EQ(selector->Open(), 0);
        body(*selector);
      });
    }
  }
};

#define SELECTOR_TEST(name)                                                                   \
  static void CHECK_JOIN(Body, __LINE__)(Selector & selector);                                \
  static const EachSelector CHECK_JOIN(each, __LINE__)(name, CHECK_JOIN(Body, __LINE__));     \
  static void CHECK_JOIN(Body, __LINE__)(Selector & selector)

SELECTOR_TEST("a fresh pair is writable and not readable") {
  const Channel pair = MakeSocketPair();
  CHECK_EQ(selector.Register(pair.a.get(), kEventRead), 0);
  CHECK_EQ(selector.Register(pair.b.get(), kEventWrite), 0);
  CHECK(SelectPairs(selector, 0) == Pairs({{pair.b.get(), kEventWrite}}));
}

SELECTOR_TEST("only registered events are reported") {
  Channel pair = MakeSocketPair();
  pair.WriteB();
  selector.Register(pair.a.get(), kEventRead);
  CHECK(SelectPairs(selector, -1) == Pairs({{pair.a.get(), kEventRead}}));
  CHECK_EQ(selector.Modify(pair.a.get(), kEventWrite), 0);
  CHECK(SelectPairs(selector, -1) == Pairs({{pair.a.get(), kEventWrite}}));
  CHECK_EQ(selector.Modify(pair.a.get(), kEventRead | kEventWrite), 0);
  CHECK(SelectPairs(selector, -1) == Pairs({{pair.a.get(), kEventRead | kEventWrite}}));
}

SELECTOR_TEST("a pipe whose writer is gone is readable") {
  Channel pipe = MakePipePair();
  selector.Register(pipe.a.get(), kEventRead);
  CHECK(SelectPairs(selector, 0).empty());
  pipe.b.Reset();
  CHECK(SelectPairs(selector, -1) == Pairs({{pipe.a.get(), kEventRead}}));
}

SELECTOR_TEST("a full pipe is not writable until its reader is gone") {
  Channel pipe = MakePipePair();
  while (write(pipe.b.get(), "0123456789abcdef", 16) > 0) continue;
  selector.Register(pipe.b.get(), kEventWrite);
  CHECK(SelectPairs(selector, 0).empty());
  pipe.a.Reset();
  CHECK(SelectPairs(selector, -1) == Pairs({{pipe.b.get(), kEventWrite}}));
}

SELECTOR_TEST("a closed peer wakes both sides in one pair") {
  Channel pair = MakeSocketPair();
  selector.Register(pair.a.get(), kEventRead | kEventWrite);
  pair.b.Reset();
  CHECK(SelectPairs(selector, -1) == Pairs({{pair.a.get(), kEventRead | kEventWrite}}));
}

SELECTOR_TEST("misuse returns an errno") {
  const Channel pair = MakeSocketPair();
  CHECK_EQ(selector.Open(), -EALREADY);
  CHECK_EQ(selector.Register(pair.a.get(), 0), -EINVAL);
  CHECK_EQ(selector.Register(pair.a.get(), 4), -EINVAL);
  CHECK_EQ(selector.Register(-1, kEventRead), -EBADF);
  CHECK_EQ(selector.Register(INT32_MAX, kEventRead), -EBADF);
  CHECK_EQ(selector.Register(pair.a.get(), kEventRead), 0);
  CHECK_EQ(selector.Register(pair.a.get(), kEventRead), -EEXIST);
  CHECK_EQ(selector.Modify(pair.b.get(), kEventRead), -ENOENT);
  CHECK_EQ(selector.Unregister(pair.b.get()), -ENOENT);
  CHECK_EQ(selector.Unregister(-1), -ENOENT);
  CHECK_EQ(selector.Unregister(INT32_MAX), -ENOENT);
  CHECK_EQ(selector.Unregister(pair.a.get()), 0);
  CHECK_EQ(selector.Unregister(pair.a.get()), -ENOENT);
  int32_t ready[2];
  CHECK_EQ(selector.Select(0, ready, 0), -EINVAL);
}

SELECTOR_TEST("a closed selector returns EBADF") {
  const Channel pair = MakeSocketPair();
  selector.Register(pair.a.get(), kEventRead);
  selector.Close();
  selector.Close();
  int32_t ready[2];
  CHECK_EQ(selector.Open(), -EBADF);
  CHECK_EQ(selector.Register(pair.a.get(), kEventRead), -EBADF);
  CHECK_EQ(selector.Modify(pair.a.get(), kEventRead), -EBADF);
  CHECK_EQ(selector.Unregister(pair.a.get()), -EBADF);
  CHECK_EQ(selector.Select(0, ready, 1), -EBADF);
  CHECK_EQ(selector.Fileno(), -EBADF);
}

SELECTOR_TEST("a descriptor that was closed can be unregistered") {
  Channel pair = MakeSocketPair();
  const int fd = pair.a.get();
  selector.Register(fd, kEventRead);
  pair.a.Reset();
  CHECK_EQ(selector.Unregister(fd), 0);
  CHECK(SelectPairs(selector, 0).empty());
}

SELECTOR_TEST("a descriptor whose number was reused can be unregistered and registered") {
  Channel old = MakeSocketPair();
  Channel fresh = MakeSocketPair();
  const int fd = old.a.get();
  selector.Register(fd, kEventRead);
  Must(dup2(fresh.a.get(), fd) == fd);
  CHECK_EQ(selector.Unregister(fd), 0);
  CHECK_EQ(selector.Register(fd, kEventRead), 0);
  fresh.WriteB();
  CHECK(SelectPairs(selector, -1) == Pairs({{fd, kEventRead}}));
}

SELECTOR_TEST("modify reaches the new file of a reused number") {
  Channel old = MakeSocketPair();
  Channel fresh = MakeSocketPair();
  const int fd = old.a.get();
  selector.Register(fd, kEventRead);
  Must(dup2(fresh.a.get(), fd) == fd);
  CHECK_EQ(selector.Modify(fd, kEventRead | kEventWrite), 0);
  CHECK(SelectPairs(selector, -1) == Pairs({{fd, kEventWrite}}));
}

SELECTOR_TEST("a closed descriptor does not hide the ready ones") {
  Channel gone = MakeSocketPair();
  Channel alive = MakeSocketPair();
  selector.Register(gone.a.get(), kEventRead);
  selector.Register(alive.a.get(), kEventRead);
  gone.a.Reset();
  alive.WriteB();
  const Pairs pairs = SelectPairs(selector, -1);
  CHECK(std::find(pairs.begin(), pairs.end(), std::make_pair(alive.a.get(), kEventRead)) != pairs.end());
}

SELECTOR_TEST("events that do not fit are reported by the next calls, and none starves") {
  std::vector<Channel> pairs;
  for (int i = 0; i < 5; ++i) {
    pairs.push_back(MakeSocketPair());
    selector.Register(pairs.back().a.get(), kEventWrite);
  }
  for (int round = 0; round < 3; ++round) {
    std::vector<int> seen;
    while (seen.size() < pairs.size()) {
      for (const auto& [fd, events] : SelectPairs(selector, -1, 2)) {
        CHECK_EQ(events, kEventWrite);
        seen.push_back(fd);
      }
    }
    std::sort(seen.begin(), seen.end());
    seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
    CHECK(seen.size() >= 4);  // an odd number in pairs: the third call may wrap around to a first one
  }
}

SELECTOR_TEST("descriptors of 1024 and more work") {
  const Channel pair = MakeSocketPair();
  for (const int wanted : {1023, 1024, 1500, 4000}) {
    const UniqueFd high(fcntl(pair.a.get(), F_DUPFD_CLOEXEC, wanted));
    if (!high.valid()) {
      std::printf("  (skipped: the limit of descriptors is below %d)\n", wanted);
      return;
    }
    CHECK_EQ(selector.Register(high.get(), kEventRead | kEventWrite), 0);
    CHECK(SelectPairs(selector, -1) == Pairs({{high.get(), kEventWrite}}));
    CHECK_EQ(selector.Unregister(high.get()), 0);
    CHECK(SelectPairs(selector, 0).empty());
  }
}

SELECTOR_TEST("a wait never ends early") {
  const Channel pair = MakeSocketPair();
  selector.Register(pair.a.get(), kEventRead);
  for (const double timeout_ms : {0.001, 0.1, 0.5, 1.0, 1.3, 7.7, 20.0}) {
    CHECK(MsOf([&] { CHECK(SelectPairs(selector, timeout_ms).empty()); }) >= timeout_ms);
  }
  CHECK(MsOf([&] { CHECK(SelectPairs(selector, 0).empty()); }) < 50);
}

SELECTOR_TEST("an empty selector sleeps") {
  CHECK(MsOf([&] { CHECK(SelectPairs(selector, 10).empty()); }) >= 10);
}

SELECTOR_TEST("a very long timeout is clamped") {
  const Channel pair = MakeSocketPair();
  selector.Register(pair.a.get(), kEventWrite);
  for (const double timeout_ms : {1e12, 1e300, static_cast<double>(INFINITY)}) {
    CHECK(SelectPairs(selector, timeout_ms) == Pairs({{pair.a.get(), kEventWrite}}));
  }
}

SELECTOR_TEST("a signal does not shorten a wait") {
  struct sigaction action = {};
  action.sa_handler = [](int) {};
  sigaction(SIGALRM, &action, nullptr);
  const itimerval every_5_ms = {{0, 5000}, {0, 5000}};
  const itimerval never = {{0, 0}, {0, 0}};
  setitimer(ITIMER_REAL, &every_5_ms, nullptr);
  const double took = MsOf([&] { CHECK(SelectPairs(selector, 40).empty()); });
  setitimer(ITIMER_REAL, &never, nullptr);
  CHECK(took >= 40);
  CHECK(took < 1000);
}

SELECTOR_TEST("of twelve pairs, exactly the one that was written to is ready") {
  std::vector<Channel> pairs;
  for (int i = 0; i < 12; ++i) {
    pairs.push_back(MakeSocketPair());
    selector.Register(pairs.back().a.get(), kEventRead);
  }
  while (!pairs.empty()) {
    const size_t chosen = pairs.size() * 7 / 12;
    pairs[chosen].WriteB();
    CHECK(SelectPairs(selector, -1) == Pairs({{pairs[chosen].a.get(), kEventRead}}));
    CHECK_EQ(selector.Unregister(pairs[chosen].a.get()), 0);
    CHECK(SelectPairs(selector, 0).empty());
    pairs.erase(pairs.begin() + static_cast<std::ptrdiff_t>(chosen));
  }
}

void ReportsClosed(Selector& selector) {
  CHECK_EQ(selector.Open(), 0);
  Channel gone = MakeSocketPair();
  const int fd = gone.a.get();
  const Channel idle = MakeSocketPair();
  selector.Register(fd, kEventRead | kEventWrite);
  selector.Register(idle.a.get(), kEventRead);
  gone.a.Reset();
  CHECK(SelectPairs(selector, -1) == Pairs({{fd, kEventRead | kEventWrite}}));
  CHECK_EQ(selector.Unregister(fd), 0);
  CHECK(SelectPairs(selector, 0).empty());
}

TEST("select: a closed descriptor is reported ready") {
  SelectSelector selector;
  ReportsClosed(selector);
}

TEST("poll: a closed descriptor is reported ready") {
  PollSelector selector;
  ReportsClosed(selector);
}

TEST("a selector is inert until it is opened") {
  for (const Kind& kind : kKinds) {
    const std::unique_ptr<Selector> selector = kind.make();
    int32_t ready[2];
    CHECK_EQ(selector->Register(0, kEventRead), -EBADF);
    CHECK_EQ(selector->Select(-1, ready, 1), -EBADF);
    selector->Close();
    CHECK_EQ(selector->Open(), -EBADF);
  }
}

}  // namespace
}  // namespace selectloop

int main() {
  // Tests with descriptors above 1024 need a higher limit; the soft limit is often exactly 1024.
  rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 8192);
  setrlimit(RLIMIT_NOFILE, &limit);
  signal(SIGPIPE, SIG_IGN);
  return check::RunAll();
}

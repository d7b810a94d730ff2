// The trap of epoll: closed descriptors whose file is kept open by a duplicate (see the comment in selector_epoll.cc).

#include <cerrno>
#include <vector>

#include "check.h"
#include "channel.h"
#include "core/event_mask.h"
#include "core/selector_epoll.h"

namespace selectloop {
namespace {

int SelectCount(EpollSelector& selector, double timeout_ms, std::vector<int32_t>* ready, size_t capacity = 16) {
  ready->assign(2 * capacity, -1);
  return selector.Select(timeout_ms, ready->data(), capacity);
}

TEST("a regular file is refused and leaves nothing behind") {
  EpollSelector selector;
  CHECK_EQ(selector.Open(), 0);
  const UniqueFd file(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  CHECK_EQ(selector.Register(file.get(), kEventRead), -EPERM);
  CHECK_EQ(selector.Unregister(file.get()), -ENOENT);
}

TEST("events of a closed descriptor with a duplicate are dropped once it is unregistered") {
  EpollSelector selector;
  CHECK_EQ(selector.Open(), 0);
  const int number = selector.Fileno();
  Channel pair = MakeSocketPair();
  const UniqueFd duplicate(dup(pair.a.get()));
  const int fd = pair.a.get();
  selector.Register(fd, kEventRead);
  pair.a.Reset();
  CHECK_EQ(selector.Unregister(fd), 0);
  pair.WriteB();
  std::vector<int32_t> ready;
  CHECK_EQ(SelectCount(selector, 5, &ready), 0);
  CHECK_EQ(selector.Fileno(), number);
  CHECK((fcntl(number, F_GETFD) & FD_CLOEXEC) != 0);
}

TEST("a reused number gets its own events, never those of the duplicate") {
  EpollSelector selector;
  CHECK_EQ(selector.Open(), 0);
  Channel old = MakeSocketPair();
  Channel fresh = MakeSocketPair();
  Channel other = MakeSocketPair();
  const UniqueFd duplicate(dup(old.a.get()));
  const int fd = old.a.get();
  selector.Register(fd, kEventRead);
  selector.Register(other.a.get(), kEventRead);
  Must(dup2(fresh.a.get(), fd) == fd);
  CHECK_EQ(selector.Unregister(fd), 0);
  CHECK_EQ(selector.Register(fd, kEventRead), 0);

  old.WriteB();
  std::vector<int32_t> ready;
  CHECK_EQ(SelectCount(selector, 5, &ready), 0);
  // The interest list was rebuilt: both registrations still work, and the wait above did not spin.
  other.WriteB();
  CHECK_EQ(SelectCount(selector, -1, &ready), 1);
  CHECK_EQ(ready[0], other.a.get());
  CHECK_EQ(selector.Unregister(other.a.get()), 0);
  fresh.WriteB();
  CHECK_EQ(SelectCount(selector, -1, &ready), 1);
  CHECK_EQ(ready[0], fd);
}

TEST("a stale event that fills the list does not hide a live one, even without waiting") {
  EpollSelector selector;
  CHECK_EQ(selector.Open(), 0);
  Channel old = MakeSocketPair();
  Channel alive = MakeSocketPair();
  const UniqueFd duplicate(dup(old.a.get()));
  const int fd = old.a.get();
  selector.Register(fd, kEventRead);
  selector.Register(alive.a.get(), kEventRead);
  old.WriteB();
  alive.WriteB();
  old.a.Reset();
  CHECK_EQ(selector.Unregister(fd), 0);
  std::vector<int32_t> ready;
  CHECK_EQ(SelectCount(selector, 0, &ready, 1), 1);
  CHECK_EQ(ready[0], alive.a.get());
}

TEST("registering an orphan that is back at its number reuses its entry") {
  EpollSelector selector;
  CHECK_EQ(selector.Open(), 0);
  Channel pair = MakeSocketPair();
  const UniqueFd duplicate(dup(pair.a.get()));
  const int fd = pair.a.get();
  selector.Register(fd, kEventRead);
  pair.a.Reset();
  CHECK_EQ(selector.Unregister(fd), 0);
  Must(dup2(duplicate.get(), fd) == fd);
  const UniqueFd back(fd);
  CHECK_EQ(selector.Register(fd, kEventWrite), 0);
  std::vector<int32_t> ready;
  CHECK_EQ(SelectCount(selector, -1, &ready), 1);
  CHECK_EQ(ready[1], kEventWrite);
}

TEST("an orphan that is back at its number and not registered is deleted") {
  EpollSelector selector;
  CHECK_EQ(selector.Open(), 0);
  Channel pair = MakeSocketPair();
  const UniqueFd duplicate(dup(pair.a.get()));
  const int fd = pair.a.get();
  selector.Register(fd, kEventRead);
  pair.a.Reset();
  CHECK_EQ(selector.Unregister(fd), 0);
  Must(dup2(duplicate.get(), fd) == fd);
  const UniqueFd back(fd);
  pair.WriteB();
  std::vector<int32_t> ready;
  CHECK_EQ(SelectCount(selector, 5, &ready), 0);
}

TEST("a Modify that the kernel refuses unregisters the descriptor") {
  EpollSelector selector;
  CHECK_EQ(selector.Open(), 0);
  Channel pair = MakeSocketPair();
  const int fd = pair.a.get();
  selector.Register(fd, kEventRead);
  pair.a.Reset();
  CHECK_EQ(selector.Modify(fd, kEventWrite), -EBADF);
  CHECK_EQ(selector.Unregister(fd), -ENOENT);
}

}  // namespace
}  // namespace selectloop

TEST_MAIN

#include "core/selector.h"

#include <cerrno>
#include <climits>

#include "core/event_mask.h"

namespace selectloop {

int Selector::Open() {
  if (state_ == State::kOpen) return -EALREADY;
  if (state_ == State::kClosed) return -EBADF;
  const int result = DoOpen();
  if (result >= 0) state_ = State::kOpen;
  return result;
}

int Selector::Register(int fd, int events) {
  if (state_ != State::kOpen) return -EBADF;
  if (!IsEventMask(events)) return -EINVAL;
  return DoRegister(fd, events);
}

int Selector::Modify(int fd, int events) {
  if (state_ != State::kOpen) return -EBADF;
  if (!IsEventMask(events)) return -EINVAL;
  return DoModify(fd, events);
}

int Selector::Unregister(int fd) { return state_ == State::kOpen ? DoUnregister(fd) : -EBADF; }

int Selector::Select(double timeout_ms, int32_t* pairs, size_t capacity) {
  if (state_ != State::kOpen) return -EBADF;
  if (capacity == 0) return -EINVAL;  // as in epoll_wait; a wait that cannot report anything would spin
  ReadyList ready(pairs, capacity < INT_MAX ? capacity : INT_MAX);
  return DoSelect(Deadline(timeout_ms), &ready);
}

int Selector::Fileno() { return state_ == State::kOpen ? DoFileno() : -EBADF; }

void Selector::Close() {
  if (state_ == State::kOpen) DoClose();
  state_ = State::kClosed;
}

}  // namespace selectloop

// The common base of the kernel's readiness mechanisms: select, poll and epoll.
//
// Invariants:
// - It is inert before Open() and after Close(): every other method then returns -EBADF.
// - It borrows the registered descriptors and never closes them. Other code may close them, and their numbers may be reused, at any
//   time; this must not make a method fail as a whole, spin, or report events of another file.
// - Select() reports only registered events.

#ifndef SELECTLOOP_CORE_SELECTOR_H_
#define SELECTLOOP_CORE_SELECTOR_H_

#include <cstddef>
#include <cstdint>

#include "core/deadline.h"

namespace selectloop {

// The list to which Select() writes (fd, events) pairs.
class ReadyList {
 public:
  ReadyList(int32_t* pairs, size_t capacity) : pairs_(pairs), capacity_(capacity) {}

  size_t capacity() const { return capacity_; }
  int count() const { return static_cast<int>(count_); }
  bool full() const { return count_ == capacity_; }

  void Add(int fd, int events) {
    pairs_[2 * count_] = fd;
    pairs_[2 * count_ + 1] = events;
    ++count_;
  }

 private:
  int32_t* pairs_;
  size_t capacity_;  // in pairs
  size_t count_ = 0;
};

class Selector {
 public:
  virtual ~Selector() = default;
  Selector(const Selector&) = delete;
  Selector& operator=(const Selector&) = delete;

  int Open();
  int Register(int fd, int events);
  int Modify(int fd, int events);
  int Unregister(int fd);
  // `capacity` counts pairs; the next call reports the rest. Returns the number of pairs or -errno.
  int Select(double timeout_ms, int32_t* pairs, size_t capacity);
  int Fileno();
  void Close();

 protected:
  Selector() = default;

 private:
  enum class State { kNew, kOpen, kClosed };

  // Called only while open, and with a valid event mask.
  virtual int DoOpen() = 0;
  virtual int DoRegister(int fd, int events) = 0;
  virtual int DoModify(int fd, int events) = 0;
  virtual int DoUnregister(int fd) = 0;
  virtual int DoSelect(const Deadline& deadline, ReadyList* ready) = 0;
  virtual int DoFileno() { return -1; }
  virtual void DoClose() = 0;

  State state_ = State::kNew;
};

}  // namespace selectloop

#endif  // SELECTLOOP_CORE_SELECTOR_H_

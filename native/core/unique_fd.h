// The owner of a descriptor, which closes it when it goes out of scope.
//
// Invariant: at most one UniqueFd holds a given descriptor. Closing a number twice is dangerous, because another thread may have got the
// same number in between.

#ifndef SELECTLOOP_CORE_UNIQUE_FD_H_
#define SELECTLOOP_CORE_UNIQUE_FD_H_

#include "core/closing.h"

namespace selectloop {

class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  ~UniqueFd() { Reset(); }

  UniqueFd(UniqueFd&& other) noexcept : fd_(other.Release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) Reset(other.Release());
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }

  // Passes the ownership to the caller.
  int Release() {
    const int fd = fd_;
    fd_ = -1;
    return fd;
  }

  void Reset(int fd = -1) {
    if (fd_ >= 0) CloseDescriptor(fd_);
    fd_ = fd;
  }

 private:
  int fd_ = -1;
};

}  // namespace selectloop

#endif  // SELECTLOOP_CORE_UNIQUE_FD_H_

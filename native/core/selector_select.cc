#include "core/selector_select.h"

#include <sys/select.h>

#include <cerrno>

#include "core/descriptor_ops.h"
#include "core/event_mask.h"

namespace selectloop {

int SelectSelector::DoRegister(int fd, int events) {
  if (Requested(fd) != 0) return -EEXIST;
  const int open = Probe(fd);
  if (open < 0) return open;
  for (FdBitset* set : {&read_, &write_, &ready_read_, &ready_write_}) set->Reserve(fd);
  SetBits(fd, events);
  if (fd > highest_) highest_ = fd;
  return 0;
}

int SelectSelector::DoModify(int fd, int events) {
  if (Requested(fd) == 0) return -ENOENT;
  SetBits(fd, events);
  return 0;
}

int SelectSelector::DoUnregister(int fd) {
  if (Requested(fd) == 0) return -ENOENT;
  SetBits(fd, 0);
  while (highest_ >= 0 && Requested(highest_) == 0) --highest_;
  return 0;
}

void SelectSelector::DoClose() {
  read_ = write_ = ready_read_ = ready_write_ = FdBitset();
  highest_ = -1;
}

int SelectSelector::Requested(int fd) const {
  return (read_.Contains(fd) ? kEventRead : 0) | (write_.Contains(fd) ? kEventWrite : 0);
}

void SelectSelector::SetBits(int fd, int events) {
  if ((events & kEventRead) != 0) read_.Set(fd); else read_.Clear(fd);
  if ((events & kEventWrite) != 0) write_.Set(fd); else write_.Clear(fd);
}

int SelectSelector::DoSelect(const Deadline& deadline, ReadyList* ready) {
  closed_.clear();
  for (;;) {
    ready_read_ = read_;
    ready_write_ = write_;
    // A known closed descriptor counts as ready, so the call must not wait.
    for (const int fd : closed_) {
      ready_read_.Clear(fd);
      ready_write_.Clear(fd);
    }
    timespec left = {0, 0};
    const timespec* timeout = closed_.empty() ? deadline.Remaining(&left) : &left;
    const int count =
        pselect(highest_ + 1, ready_read_.kernel_set(), ready_write_.kernel_set(), nullptr, timeout, nullptr);
    if (count >= 0) return count == 0 && closed_.empty() ? 0 : Collect(ready);
    if (errno == EBADF) {
      DropClosed();
    } else if (errno != EINTR) {
      return -errno;
    }
  }
}

// One closed descriptor makes select(2) fail for all. Closed ones are left out of the call, and reported as ready together with those
// that are: otherwise a single descriptor that was closed without unregister() would starve every connection.
void SelectSelector::DropClosed() {
  closed_.clear();
  for (int fd = 0; fd <= highest_; ++fd) {
    if (Requested(fd) != 0 && Probe(fd) < 0) closed_.push_back(fd);
  }
}

int SelectSelector::Collect(ReadyList* ready) {
  for (const int fd : closed_) {
    if (read_.Contains(fd)) ready_read_.Set(fd);
    if (write_.Contains(fd)) ready_write_.Set(fd);
  }
  // If the list was too small for the last scan, this one resumes where it stopped, and then wraps around: always starting at 0 would
  // starve the high descriptors while the low ones stay ready.
  const int start = resume_at_ <= highest_ ? resume_at_ : 0;
  const size_t first = static_cast<size_t>(start) / FdBitset::kWordBits;
  const size_t words = static_cast<size_t>(highest_ / FdBitset::kWordBits) + 1;
  const FdBitset::Word from_start = ~FdBitset::Word{0} << (start % FdBitset::kWordBits);
  resume_at_ = 0;
  bool room = CollectWord(first, from_start, ready);
  for (size_t step = 1; room && step < words; ++step) {
    room = CollectWord((first + step) % words, ~FdBitset::Word{0}, ready);
  }
  if (room) CollectWord(first, ~from_start, ready);
  return ready->count();
}

// Returns false if the list is full; resume_at_ is then the first descriptor that is left.
bool SelectSelector::CollectWord(size_t index, FdBitset::Word allowed, ReadyList* ready) {
  FdBitset::Word any = (ready_read_.word(index) | ready_write_.word(index)) & allowed;
  while (any != 0) {
    const int fd = static_cast<int>(index) * FdBitset::kWordBits + __builtin_ctzl(any);
    if (ready->full()) {
      resume_at_ = fd;
      return false;
    }
    ready->Add(fd, (ready_read_.Contains(fd) ? kEventRead : 0) | (ready_write_.Contains(fd) ? kEventWrite : 0));
    any &= any - 1;
  }
  return true;
}

}  // namespace selectloop

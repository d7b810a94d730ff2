#include "core/selector_poll.h"

#include <cerrno>

#include "core/descriptor_ops.h"
#include "core/event_mask.h"

namespace selectloop {

int PollSelector::DoRegister(int fd, int events) {
  if (IndexOf(fd) >= 0) return -EEXIST;
  // poll(2) itself accepts any number and reports POLLNVAL later; the mistake is easier to find here.
  const int open = Probe(fd);
  if (open < 0) return open;
  if (static_cast<size_t>(fd) >= index_.size()) index_.resize(static_cast<size_t>(fd) + 1, -1);
  index_[fd] = static_cast<int>(entries_.size());
  entries_.push_back({fd, PollFromMask(events), 0});
  return 0;
}

int PollSelector::DoModify(int fd, int events) {
  const int index = IndexOf(fd);
  if (index < 0) return -ENOENT;
  entries_[index].events = PollFromMask(events);
  return 0;
}

int PollSelector::DoUnregister(int fd) {
  const int index = IndexOf(fd);
  if (index < 0) return -ENOENT;
  // The last entry moves to the free place, so that this takes constant time.
  entries_[index] = entries_.back();
  index_[entries_[index].fd] = index;
  entries_.pop_back();
  index_[fd] = -1;
  return 0;
}

void PollSelector::DoClose() {
  entries_.clear();
  index_.clear();
}

int PollSelector::IndexOf(int fd) const {
  return fd >= 0 && static_cast<size_t>(fd) < index_.size() ? index_[fd] : -1;
}

int PollSelector::DoSelect(const Deadline& deadline, ReadyList* ready) {
  for (;;) {
    timespec left;
    const int found = ppoll(entries_.data(), entries_.size(), deadline.Remaining(&left), nullptr);
    if (found >= 0) return Collect(found, ready);
    if (errno != EINTR) return -errno;
  }
}

// If the list was too small for the last scan, this one resumes where it stopped: always starting at the front would starve the entries
// at the end while the first ones stay ready.
int PollSelector::Collect(int found, ReadyList* ready) {
  size_t at = resume_at_ < entries_.size() ? resume_at_ : 0;
  resume_at_ = 0;
  while (found > 0) {
    const pollfd& entry = entries_[at];
    if (entry.revents != 0) {
      if (ready->full()) {
        resume_at_ = at;
        break;
      }
      const int requested = (entry.events & POLLIN ? kEventRead : 0) | (entry.events & POLLOUT ? kEventWrite : 0);
      ready->Add(entry.fd, MaskFromPoll(static_cast<unsigned short>(entry.revents), requested));
      --found;
    }
    if (++at == entries_.size()) at = 0;
  }
  return ready->count();
}

}  // namespace selectloop

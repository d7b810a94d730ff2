// Closed and duplicated descriptors
// ---------------------------------
// epoll does not watch a descriptor. It watches an *open file description*, which dup, fork and SCM_RIGHTS share, and remembers the
// number under which it was added. This pair leaves the interest list in two ways only: by EPOLL_CTL_DEL, which needs a number that
// still refers to the description, or when the last duplicate is closed, in whatever process that is.
//
// So this sequence fails:
//
//     register(7); other = dup(7); close(7);       // `other` keeps the description alive
//     accept() -> 7; register(7)                   // the kernel sees (new description, 7): a second, valid entry
//
// From now on, events of `other` are reported as 7: an idle connection looks readable, again and again, because events are
// level-triggered. The old entry cannot be deleted, because EPOLL_CTL_DEL of 7 would delete the new one. The same happens, without any
// visible dup(), if a child process inherited the descriptor.
//
// The remedy has three parts:
//
// 1. Each registration gets a generation number, which the kernel returns with each event, next to the descriptor (epoll_data has 64
//    bits for our use). An event that does not carry the current generation is stale and is dropped, so no event of another file is
//    reported.
// 2. If nothing is registered under the number now, EPOLL_CTL_DEL may still reach the orphan, because the same description may be back
//    at that number. This is tried first, because it is cheap.
// 3. Otherwise the interest list is rebuilt in a second epoll descriptor, which then replaces the first one by dup3. The orphan disappears with the
//    old list. This costs a system call for each registration, but it happens only once for each mistake of this kind, and otherwise the
//    loop would use a whole CPU until `other` is closed.
//
// The trap also catches an outer selector that watches ours: it watches the old open file description, and dup3 of the new one to the same
// number would not change that. So Fileno() returns the descriptor of a shell, a third epoll whose only entry is the present list.
//
// One case remains: a registered number that was closed without unregister(), and has a duplicate somewhere, is still reported under its
// number until its owner unregisters it. This is acceptable, because the owner then gets EBADF.

#include "core/selector_epoll.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/epoll_wait.h"
#include "core/event_mask.h"
#include "core/result.h"

namespace selectloop {
namespace {

// On Linux the two interfaces have the same bits; Collect() relies on this to share the mapping with poll.
static_assert(EPOLLIN == POLLIN && EPOLLOUT == POLLOUT, "epoll and poll share their event bits");

// The largest number of events that one wait fetches, however large the caller's list; the next call reports the rest.
constexpr size_t kMostEvents = 65536;

// Adds a list to the shell.
int WatchList(int shell, int list) {
  epoll_event event = {};
  event.events = EPOLLIN;
  return ResultOf(epoll_ctl(shell, EPOLL_CTL_ADD, list, &event));
}

uint64_t Pack(int fd, uint32_t generation) {
  return static_cast<uint32_t>(fd) | static_cast<uint64_t>(generation) << 32;
}

}  // namespace

int EpollSelector::DoOpen() {
  epoll_.Reset(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll_.valid()) return -errno;
  use_pwait2_ = use_pwait2_ && HasEpollPwait2();
  return 0;
}

int EpollSelector::DoRegister(int fd, int events) {
  if (Find(fd) != nullptr) return -EEXIST;
  const Registration registration = {events, ++next_generation_};
  int result = Control(EPOLL_CTL_ADD, fd, registration);
  // An orphan of an earlier registration is back at its number (closed, unregistered, and restored by dup2): reuse its entry.
  if (result == -EEXIST) result = Control(EPOLL_CTL_MOD, fd, registration);
  if (result < 0) return result;
  // Only after the kernel has accepted the number, so that an arbitrary one cannot make the table huge.
  if (static_cast<size_t>(fd) >= registrations_.size()) registrations_.resize(static_cast<size_t>(fd) + 1);
  registrations_[fd] = registration;
  return 0;
}

int EpollSelector::DoModify(int fd, int events) {
  Registration* registration = Find(fd);
  if (registration == nullptr) return -ENOENT;
  registration->events = events;
  int result = Control(EPOLL_CTL_MOD, fd, *registration);
  if (result == -ENOENT) {
    // The number belongs to another file now. It gets a new generation, so that events of the old one are recognised as stale.
    registration->generation = ++next_generation_;
    result = Control(EPOLL_CTL_ADD, fd, *registration);
  }
  if (result < 0) DoUnregister(fd);
  return result;
}

int EpollSelector::DoUnregister(int fd) {
  Registration* registration = Find(fd);
  if (registration == nullptr) return -ENOENT;
  // The kernel may return EBADF (closed), ENOENT (closed and reused) or EPERM (reused for a regular file). In these cases the
  // kernel has either removed our entry, or kept it as an orphan, whose events Collect() recognises.
  Control(EPOLL_CTL_DEL, fd, *registration);
  *registration = Registration();
  return 0;
}

int EpollSelector::DoFileno() {
  if (shell_.valid()) return shell_.get();
  UniqueFd shell(epoll_create1(EPOLL_CLOEXEC));
  if (!shell.valid()) return -errno;
  const int result = WatchList(shell.get(), epoll_.get());
  if (result < 0) return result;
  shell_ = std::move(shell);
  return shell_.get();
}

void EpollSelector::DoClose() {
  shell_.Reset();
  epoll_.Reset();
  registrations_.clear();
}

EpollSelector::Registration* EpollSelector::Find(int fd) {
  if (fd < 0 || static_cast<size_t>(fd) >= registrations_.size() || registrations_[fd].events == 0) return nullptr;
  return &registrations_[fd];
}

int EpollSelector::Control(int operation, int fd, const Registration& registration) {
  epoll_event event;
  event.events = static_cast<unsigned short>(PollFromMask(registration.events));
  event.data.u64 = Pack(fd, registration.generation);
  return ResultOf(epoll_ctl(epoll_.get(), operation, fd, &event));
}

int EpollSelector::DoSelect(const Deadline& deadline, ReadyList* ready) {
  const size_t wanted = std::min(ready->capacity(), kMostEvents);
  if (events_.size() < wanted) events_.resize(wanted);
  for (;;) {
    const int found = EpollWait(epoll_.get(), events_.data(), static_cast<int>(wanted), deadline, use_pwait2_);
    if (found == -EINTR) continue;
    if (found < 0) return found;
    Collect(found, ready);
    if (must_rebuild_) {
      const int result = Rebuild();
      if (result < 0 && ready->count() == 0) return result;  // e.g. EMFILE; tried again by the next call
    }
    if (ready->count() > 0) return ready->count();
    // All events were stale. They may have filled the list and hidden a live one, so poll again, even after the deadline. Also, without
    // epoll_pwait2 a very long wait is split into pieces of INT_MAX ms, each of which ends without an event.
    if (found == 0 && !deadline.infinite() && deadline.RemainingNanoseconds() == 0) return 0;
  }
}

void EpollSelector::Collect(int found, ReadyList* ready) {
  for (int i = 0; i < found; ++i) {
    const int fd = static_cast<int>(static_cast<uint32_t>(events_[i].data.u64));
    const uint32_t generation = static_cast<uint32_t>(events_[i].data.u64 >> 32);
    const Registration* registration = Find(fd);
    if (registration == nullptr) {
      if (!DeleteOrphan(fd)) must_rebuild_ = true;
    } else if (registration->generation != generation) {
      must_rebuild_ = true;
    } else {
      ready->Add(fd, MaskFromPoll(events_[i].events, registration->events));
    }
  }
}

bool EpollSelector::DeleteOrphan(int fd) { return epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr) == 0; }

int EpollSelector::Rebuild() {
  const UniqueFd fresh(epoll_create1(EPOLL_CLOEXEC));
  if (!fresh.valid()) return -errno;
  for (size_t fd = 0; fd < registrations_.size(); ++fd) {
    if (registrations_[fd].events == 0) continue;
    epoll_event event;
    event.events = static_cast<unsigned short>(PollFromMask(registrations_[fd].events));
    event.data.u64 = Pack(static_cast<int>(fd), registrations_[fd].generation);
    if (epoll_ctl(fresh.get(), EPOLL_CTL_ADD, static_cast<int>(fd), &event) == 0) continue;
    // Closed without unregister() (EBADF), or reused for a file that cannot be watched (EPERM): its owner will unregister it.
    if (errno == ENOMEM || errno == ENOSPC) return -errno;
  }
  if (shell_.valid()) {
    const int result = WatchList(shell_.get(), fresh.get());
    if (result < 0) return result;
  }
  // dup3 closes the old list, which leaves the shell with it. The list keeps its number: a new one could be a number that a program has
  // closed behind our back and will close again.
  if (dup3(fresh.get(), epoll_.get(), O_CLOEXEC) < 0) return -errno;
  must_rebuild_ = false;
  return 0;
}

}  // namespace selectloop

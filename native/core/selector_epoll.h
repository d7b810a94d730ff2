// epoll(7), level-triggered: the kernel holds the interest list, and the cost of a wait depends only on the number of ready descriptors.
//
// Invariant: an event is reported only if it carries the generation of the current registration of its number. The comment on closed and
// duplicated descriptors in selector_epoll.cc explains why.

#ifndef SELECTLOOP_CORE_SELECTOR_EPOLL_H_
#define SELECTLOOP_CORE_SELECTOR_EPOLL_H_

#include <sys/epoll.h>

#include <cstdint>
#include <vector>

#include "core/selector.h"
#include "core/unique_fd.h"

namespace selectloop {

class EpollSelector final : public Selector {
 public:
  // Tests pass false, to use the millisecond fallback on a kernel that has epoll_pwait2.
  explicit EpollSelector(bool allow_pwait2 = true) : use_pwait2_(allow_pwait2) {}

 private:
  struct Registration {
    int events = 0;  // 0: not registered
    uint32_t generation = 0;
  };

  int DoOpen() override;
  int DoRegister(int fd, int events) override;
  int DoModify(int fd, int events) override;
  int DoUnregister(int fd) override;
  int DoSelect(const Deadline& deadline, ReadyList* ready) override;
  int DoFileno() override;
  void DoClose() override;

  Registration* Find(int fd);  // null if not registered
  int Control(int operation, int fd, const Registration& registration);
  void Collect(int found, ReadyList* ready);
  bool DeleteOrphan(int fd);
  int Rebuild();

  UniqueFd epoll_;
  UniqueFd shell_;  // an epoll that watches epoll_; made by the first Fileno()
  std::vector<Registration> registrations_;  // by descriptor
  std::vector<epoll_event> events_;
  uint32_t next_generation_ = 0;
  bool use_pwait2_;
  bool must_rebuild_ = false;
};

}  // namespace selectloop

#endif  // SELECTLOOP_CORE_SELECTOR_EPOLL_H_

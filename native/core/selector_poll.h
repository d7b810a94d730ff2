// poll(2): each call passes the whole array of descriptors.

#ifndef SELECTLOOP_CORE_SELECTOR_POLL_H_
#define SELECTLOOP_CORE_SELECTOR_POLL_H_

#include <poll.h>

#include <vector>

#include "core/selector.h"

namespace selectloop {

class PollSelector final : public Selector {
 private:
  int DoOpen() override { return 0; }
  int DoRegister(int fd, int events) override;
  int DoModify(int fd, int events) override;
  int DoUnregister(int fd) override;
  int DoSelect(const Deadline& deadline, ReadyList* ready) override;
  void DoClose() override;

  int IndexOf(int fd) const;  // -1 if not registered
  int Collect(int found, ReadyList* ready);

  // Invariant: index_[entries_[i].fd] == i, and -1 everywhere else.
  std::vector<pollfd> entries_;
  std::vector<int> index_;
  size_t resume_at_ = 0;  // the index at which the last scan stopped because `ready` was full
};

}  // namespace selectloop

#endif  // SELECTLOOP_CORE_SELECTOR_POLL_H_

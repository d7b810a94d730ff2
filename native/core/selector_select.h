// select(2): each call copies two bit sets. Its cost grows with the highest descriptor, not with the number of ready ones.

#ifndef SELECTLOOP_CORE_SELECTOR_SELECT_H_
#define SELECTLOOP_CORE_SELECTOR_SELECT_H_

#include <vector>

#include "core/fd_bitset.h"
#include "core/selector.h"

namespace selectloop {

class SelectSelector final : public Selector {
 private:
  int DoOpen() override { return 0; }
  int DoRegister(int fd, int events) override;
  int DoModify(int fd, int events) override;
  int DoUnregister(int fd) override;
  int DoSelect(const Deadline& deadline, ReadyList* ready) override;
  void DoClose() override;

  int Requested(int fd) const;
  void SetBits(int fd, int events);
  void DropClosed();
  int Collect(ReadyList* ready);
  bool CollectWord(size_t index, FdBitset::Word allowed, ReadyList* ready);

  // Invariant: the four sets have the same size, and no bit beyond it is registered.
  FdBitset read_, write_;
  FdBitset ready_read_, ready_write_;
  std::vector<int> closed_;  // closed descriptors, which are left out of this call of select(2)
  int highest_ = -1;
  int resume_at_ = 0;  // the descriptor at which the last scan stopped because `ready` was full
};

}  // namespace selectloop

#endif  // SELECTLOOP_CORE_SELECTOR_SELECT_H_

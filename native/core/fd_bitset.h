// A set of descriptors of any size, in the layout that select(2) reads.
//
// fd_set has room for 1024 descriptors, and FD_SET writes past its end for larger ones, or aborts with _FORTIFY_SOURCE. The kernel has
// no such limit: it reads as many words as `nfds` requires.

#ifndef SELECTLOOP_CORE_FD_BITSET_H_
#define SELECTLOOP_CORE_FD_BITSET_H_

#include <sys/select.h>

#include <climits>
#include <cstddef>
#include <vector>

namespace selectloop {

class FdBitset {
 public:
  using Word = unsigned long;
  static constexpr int kWordBits = static_cast<int>(sizeof(Word) * CHAR_BIT);

  // Makes room for `fd`. Call it before Set() and Clear(); Contains() does not need it.
  void Reserve(int fd) {
    const size_t words = static_cast<size_t>(fd) / kWordBits + 1;
    if (words > words_.size()) words_.resize(words, 0);
  }

  void Set(int fd) { words_[Index(fd)] |= Bit(fd); }
  void Clear(int fd) { words_[Index(fd)] &= ~Bit(fd); }
  bool Contains(int fd) const { return fd >= 0 && Index(fd) < words_.size() && (words_[Index(fd)] & Bit(fd)) != 0; }

  size_t size() const { return words_.size(); }
  Word word(size_t index) const { return words_[index]; }
  fd_set* kernel_set() { return reinterpret_cast<fd_set*>(words_.data()); }

 private:
  static size_t Index(int fd) { return static_cast<size_t>(fd) / kWordBits; }
  static Word Bit(int fd) { return Word{1} << (fd % kWordBits); }

  std::vector<Word> words_;
};

}  // namespace selectloop

#endif  // SELECTLOOP_CORE_FD_BITSET_H_

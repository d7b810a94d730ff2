// A set of descriptors in the layout select(2) reads, of any size.
//
// fd_set stops at 1024 and writes past its end beyond that (or aborts, with _FORTIFY_SOURCE, which is why FD_SET is not used
// either). The kernel has no such limit: it reads as many words as `nfds` says.

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

  // Makes room for `fd`. Set() and Clear() need it, Contains() does not.
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

// Control messages (ancillary data): what the kernel transports beside the bytes of a message.
//
// They exist in two forms. The kernel's is a sequence of `cmsghdr`, whose layout depends on the platform. The addon's is a sequence of
// records, each three int32 in native byte order (level, type, length) and then `length` bytes of data, without padding.

#ifndef SELECTLOOP_CORE_CONTROL_H_
#define SELECTLOOP_CORE_CONTROL_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace selectloop {

struct ControlPart {
  int level = 0;
  int type = 0;
  const uint8_t* data = nullptr;  // not aligned
  size_t length = 0;
};

// Iterates over the kernel's form. The bytes may be unaligned, truncated or arbitrary: a header that does not fit into the rest, or whose
// length is impossible, ends the iteration; a message that exceeds the rest is cut, as by MSG_CTRUNC.
class ControlReader {
 public:
  ControlReader(const void* control, size_t size) : next_(static_cast<const uint8_t*>(control)), left_(size) {}

  // Returns false at the end.
  bool Next(ControlPart* part);

 private:
  const uint8_t* next_;
  size_t left_;
};

// Appends one message in the kernel's form.
void AppendControl(const ControlPart& part, std::vector<uint8_t>* control);

// Appends one message as a record.
void AppendRecord(const ControlPart& part, std::vector<uint8_t>* records);

// Appends the messages of `records` in the kernel's form. Returns 0, or -EINVAL if a record is incomplete; `control` is then unspecified.
int AppendControlOf(const uint8_t* records, size_t size, std::vector<uint8_t>* control);

}  // namespace selectloop

#endif  // SELECTLOOP_CORE_CONTROL_H_

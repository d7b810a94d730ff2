#include "core/control.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace selectloop {
namespace {

struct RecordHeader {
  int32_t level;
  int32_t type;
  int32_t length;
};

void AppendBytes(const void* data, size_t length, std::vector<uint8_t>* target) {
  const uint8_t* bytes = static_cast<const uint8_t*>(data);
  if (length > 0) target->insert(target->end(), bytes, bytes + length);
}

}  // namespace

bool ControlReader::Next(ControlPart* part) {
  // CMSG_FIRSTHDR and CMSG_NXTHDR read the header in place and trust its length, so they are not used.
  if (left_ < CMSG_LEN(0)) return false;
  cmsghdr header;
  memcpy(&header, next_, sizeof(header));
  if (header.cmsg_len < CMSG_LEN(0)) return false;
  const size_t length = std::min<size_t>(header.cmsg_len, left_);
  *part = {header.cmsg_level, header.cmsg_type, next_ + CMSG_LEN(0), length - CMSG_LEN(0)};
  const size_t step = std::min<size_t>(CMSG_ALIGN(length), left_);
  next_ += step;
  left_ -= step;
  return true;
}

void AppendControl(const ControlPart& part, std::vector<uint8_t>* control) {
  const size_t start = control->size();
  control->resize(start + CMSG_SPACE(part.length));
  cmsghdr header = {};
  header.cmsg_level = part.level;
  header.cmsg_type = part.type;
  header.cmsg_len = CMSG_LEN(part.length);
  memcpy(control->data() + start, &header, sizeof(header));
  if (part.length > 0) memcpy(control->data() + start + CMSG_LEN(0), part.data, part.length);
}

void AppendRecord(const ControlPart& part, std::vector<uint8_t>* records) {
  const RecordHeader header = {part.level, part.type, static_cast<int32_t>(part.length)};
  AppendBytes(&header, sizeof(header), records);
  AppendBytes(part.data, part.length, records);
}

int AppendControlOf(const uint8_t* records, size_t size, std::vector<uint8_t>* control) {
  while (size > 0) {
    RecordHeader header;
    if (size < sizeof(header)) return -EINVAL;
    memcpy(&header, records, sizeof(header));
    records += sizeof(header);
    size -= sizeof(header);
    if (header.length < 0 || static_cast<size_t>(header.length) > size) return -EINVAL;
    const size_t length = static_cast<size_t>(header.length);
    AppendControl({header.level, header.type, records, length}, control);
    records += length;
    size -= length;
  }
  return 0;
}

}  // namespace selectloop

// Socket addresses: as fields, and in the kernel's binary form.

#ifndef SELECTLOOP_CORE_SOCKADDR_H_
#define SELECTLOOP_CORE_SOCKADDR_H_

#include <sys/socket.h>

#include <cstdint>
#include <string>

namespace selectloop {

struct SocketAddress {
  int family = AF_UNSPEC;
  std::string host;  // numeric
  uint16_t port = 0;
  uint32_t flow_info = 0;
  uint32_t scope_id = 0;
  // AF_UNIX: the path; an abstract name starts with '\0' and may contain others. Any family but these three: the bytes of the kernel's
  // structure after the family.
  std::string path;
};

struct RawAddress {
  sockaddr_storage storage;
  socklen_t length = sizeof(sockaddr_storage);

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

// 0, -EINVAL for a host that is not numeric, -ENAMETOOLONG for too many bytes, or -EAFNOSUPPORT for none of another family.
int EncodeAddress(const SocketAddress& address, RawAddress* raw);

// `raw.length` as set by the kernel; 0 means that there is no address.
SocketAddress DecodeAddress(const RawAddress& raw);

}  // namespace selectloop

#endif  // SELECTLOOP_CORE_SOCKADDR_H_

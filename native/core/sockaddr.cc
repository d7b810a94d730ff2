#include "core/sockaddr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

namespace selectloop {
namespace {

constexpr size_t kPathOffset = offsetof(sockaddr_un, sun_path);

// Copies through a local of the right type: reading a sockaddr_in through a pointer to sockaddr_storage would break the
// aliasing rules.
template <typename Address>
void Store(const Address& address, RawAddress* raw) {
  memset(&raw->storage, 0, sizeof(raw->storage));
  memcpy(&raw->storage, &address, sizeof(address));
  raw->length = sizeof(address);
}

template <typename Address>
Address Load(const RawAddress& raw) {
  Address address;
  memcpy(&address, &raw.storage, sizeof(address));
  return address;
}

bool HasNul(const std::string& text) { return text.find('\0') != std::string::npos; }

int EncodeIPv4(const SocketAddress& address, RawAddress* raw) {
  sockaddr_in in = {};
  in.sin_family = AF_INET;
  in.sin_port = htons(address.port);
  if (HasNul(address.host) || inet_pton(AF_INET, address.host.c_str(), &in.sin_addr) != 1) return -EINVAL;
  Store(in, raw);
  return 0;
}

int EncodeIPv6(const SocketAddress& address, RawAddress* raw) {
  sockaddr_in6 in6 = {};
  in6.sin6_family = AF_INET6;
  in6.sin6_port = htons(address.port);
  in6.sin6_flowinfo = htonl(address.flow_info);
  in6.sin6_scope_id = address.scope_id;
  if (HasNul(address.host) || inet_pton(AF_INET6, address.host.c_str(), &in6.sin6_addr) != 1) return -EINVAL;
  Store(in6, raw);
  return 0;
}

int EncodeUnix(const SocketAddress& address, RawAddress* raw) {
  sockaddr_un un = {};
  un.sun_family = AF_UNIX;
  const std::string& path = address.path;
  // An abstract name has no terminator: a trailing zero would be part of the name, and other programs would not find it. An empty path
  // is treated the same; bind() then picks a name.
  const bool abstract = path.empty() || path[0] == '\0';
  if (!abstract && HasNul(path)) return -EINVAL;
  if (path.size() + (abstract ? 0 : 1) > sizeof(un.sun_path)) return -ENAMETOOLONG;
  memcpy(un.sun_path, path.data(), path.size());
  Store(un, raw);
  raw->length = static_cast<socklen_t>(kPathOffset + path.size() + (abstract ? 0 : 1));
  return 0;
}

int EncodeOther(const SocketAddress& address, RawAddress* raw) {
  constexpr size_t offset = sizeof(sa_family_t);
  if (address.path.empty()) return -EAFNOSUPPORT;
  if (address.path.size() > sizeof(raw->storage) - offset) return -ENAMETOOLONG;
  memset(&raw->storage, 0, sizeof(raw->storage));
  raw->storage.ss_family = static_cast<sa_family_t>(address.family);
  memcpy(reinterpret_cast<char*>(&raw->storage) + offset, address.path.data(), address.path.size());
  raw->length = static_cast<socklen_t>(offset + address.path.size());
  return 0;
}

void DecodeUnix(const RawAddress& raw, SocketAddress* address) {
  // No path: a socket that was never bound, as most clients.
  if (raw.length <= kPathOffset) return;
  const size_t length = std::min<size_t>(raw.length, sizeof(raw.storage)) - kPathOffset;
  const char* path = reinterpret_cast<const char*>(&raw.storage) + kPathOffset;
  const bool abstract = path[0] == '\0';
  address->path.assign(path, abstract ? length : strnlen(path, length));
}

}  // namespace

int EncodeAddress(const SocketAddress& address, RawAddress* raw) {
  switch (address.family) {
    case AF_INET: return EncodeIPv4(address, raw);
    case AF_INET6: return EncodeIPv6(address, raw);
    case AF_UNIX: return EncodeUnix(address, raw);
    default: return EncodeOther(address, raw);
  }
}

SocketAddress DecodeAddress(const RawAddress& raw) {
  SocketAddress address;
  if (raw.length < sizeof(sa_family_t)) return address;
  address.family = raw.storage.ss_family;
  char text[INET6_ADDRSTRLEN];
  if (address.family == AF_INET && raw.length >= sizeof(sockaddr_in)) {
    const sockaddr_in in = Load<sockaddr_in>(raw);
    address.host = inet_ntop(AF_INET, &in.sin_addr, text, sizeof(text));
    address.port = ntohs(in.sin_port);
  } else if (address.family == AF_INET6 && raw.length >= sizeof(sockaddr_in6)) {
    const sockaddr_in6 in6 = Load<sockaddr_in6>(raw);
    address.host = inet_ntop(AF_INET6, &in6.sin6_addr, text, sizeof(text));
    address.port = ntohs(in6.sin6_port);
    address.flow_info = ntohl(in6.sin6_flowinfo);
    address.scope_id = in6.sin6_scope_id;
  } else if (address.family == AF_UNIX) {
    DecodeUnix(raw, &address);
  } else if (address.family != AF_INET && address.family != AF_INET6) {
    const size_t length = std::min<size_t>(raw.length, sizeof(raw.storage)) - sizeof(sa_family_t);
    address.path.assign(reinterpret_cast<const char*>(&raw.storage) + sizeof(sa_family_t), length);
  }
  return address;
}

}  // namespace selectloop

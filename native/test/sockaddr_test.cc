// Addresses survive the conversion to the kernel's binary form and back.

#include <netinet/in.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

#include "check.h"
#include "core/sockaddr.h"
#include "core/socket_ops.h"
#include "core/unique_fd.h"

namespace selectloop {
namespace {

SocketAddress RoundTrip(const SocketAddress& address) {
  RawAddress raw;
  CHECK_EQ(EncodeAddress(address, &raw), 0);
  return DecodeAddress(raw);
}

SocketAddress Internet(int family, const std::string& host, uint16_t port) {
  SocketAddress address;
  address.family = family;
  address.host = host;
  address.port = port;
  return address;
}

SocketAddress Unix(const std::string& path) {
  SocketAddress address;
  address.family = AF_UNIX;
  address.path = path;
  return address;
}

TEST("IPv4") {
  const SocketAddress back = RoundTrip(Internet(AF_INET, "127.0.0.1", 65535));
  CHECK_EQ(back.family, AF_INET);
  CHECK_EQ(back.host, "127.0.0.1");
  CHECK_EQ(back.port, 65535);
}

TEST("IPv6 with flow and scope") {
  SocketAddress address = Internet(AF_INET6, "fe80::1", 80);
  address.flow_info = 0x12345;
  address.scope_id = 3;
  const SocketAddress back = RoundTrip(address);
  CHECK_EQ(back.host, "fe80::1");
  CHECK_EQ(back.flow_info, 0x12345u);
  CHECK_EQ(back.scope_id, 3u);
}

TEST("a host that is not numeric is refused") {
  RawAddress raw;
  for (const char* host : {"localhost", "", "1.2.3", "1.2.3.4.5", "::1"}) {
    CHECK_EQ(EncodeAddress(Internet(AF_INET, host, 1), &raw), -EINVAL);
  }
  CHECK_EQ(EncodeAddress(Internet(AF_INET6, "fe80::1%lo", 1), &raw), -EINVAL);
  CHECK_EQ(EncodeAddress(Internet(AF_INET, std::string("127.0.0.1\0x", 11), 1), &raw), -EINVAL);
  CHECK_EQ(EncodeAddress(Internet(AF_PACKET, "127.0.0.1", 1), &raw), -EAFNOSUPPORT);
}

TEST("paths and abstract names") {
  CHECK_EQ(RoundTrip(Unix("/tmp/x.sock")).path, "/tmp/x.sock");
  const std::string abstract("\0name\0with zero\0", 16);
  CHECK_EQ(RoundTrip(Unix(abstract)).path, abstract);
  RawAddress raw;
  EncodeAddress(Unix(std::string("\0ab", 3)), &raw);
  CHECK_EQ(raw.length, offsetof(sockaddr_un, sun_path) + 3);
}

TEST("the longest path fits, one more does not") {
  const size_t room = sizeof(sockaddr_un::sun_path);
  RawAddress raw;
  CHECK_EQ(RoundTrip(Unix(std::string(room - 1, 'p'))).path.size(), room - 1);
  CHECK_EQ(EncodeAddress(Unix(std::string(room, 'p')), &raw), -ENAMETOOLONG);
  CHECK_EQ(RoundTrip(Unix('\0' + std::string(room - 1, 'a'))).path.size(), room);
  CHECK_EQ(EncodeAddress(Unix('\0' + std::string(room, 'a')), &raw), -ENAMETOOLONG);
  CHECK_EQ(EncodeAddress(Unix(std::string("a\0b", 3)), &raw), -EINVAL);
}

TEST("the kernel binds an abstract name and returns it unchanged") {
  const std::string name = std::string("\0selectloop-test-", 17) + std::to_string(getpid());
  const UniqueFd server(CreateSocket(AF_UNIX, SOCK_STREAM, 0));
  RawAddress raw;
  EncodeAddress(Unix(name), &raw);
  CHECK_EQ(Bind(server.get(), raw), 0);
  CHECK_EQ(Listen(server.get(), 5), 0);
  RawAddress bound;
  CHECK_EQ(GetSockName(server.get(), &bound), 0);
  CHECK_EQ(DecodeAddress(bound).path, name);

  const UniqueFd client(CreateSocket(AF_UNIX, SOCK_STREAM, 0));
  CHECK_EQ(Connect(client.get(), raw), 0);
  RawAddress peer;
  const UniqueFd accepted(Accept(server.get(), true, &peer));
  CHECK(accepted.valid());
  CHECK_EQ(DecodeAddress(peer).family, AF_UNIX);
  CHECK_EQ(DecodeAddress(peer).path, "");
}

TEST("an address of another family keeps its bytes, zeros included") {
  SocketAddress address;
  address.family = AF_NETLINK;
  address.path = std::string("\0\0\1\2\0\0\xff\0\0\0", 10);
  const SocketAddress back = RoundTrip(address);
  CHECK_EQ(back.family, AF_NETLINK);
  CHECK_EQ(back.path, address.path);
  RawAddress raw;
  address.path = std::string(sizeof(sockaddr_storage) - sizeof(sa_family_t), 'x');
  CHECK_EQ(RoundTrip(address).path, address.path);
  address.path += 'x';
  CHECK_EQ(EncodeAddress(address, &raw), -ENAMETOOLONG);
  address.path = "";
  CHECK_EQ(EncodeAddress(address, &raw), -EAFNOSUPPORT);
}

TEST("an address that the kernel has cut decodes to what is there") {
  RawAddress raw;
  EncodeAddress(Internet(AF_INET6, "::1", 1), &raw);
  raw.length = sizeof(sockaddr_in6) - 1;
  CHECK_EQ(DecodeAddress(raw).host, "");
  raw.length = 1;
  CHECK_EQ(DecodeAddress(raw).family, AF_UNSPEC);
}

TEST("an empty address decodes to AF_UNSPEC") {
  RawAddress raw;
  raw.length = 0;
  CHECK_EQ(DecodeAddress(raw).family, AF_UNSPEC);
}

}  // namespace
}  // namespace selectloop

TEST_MAIN

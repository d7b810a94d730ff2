// Control messages: their two forms, hostile bytes, and what the kernel makes of them. Interfaces and multicast groups.

#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "channel.h"
#include "check.h"
#include "core/control.h"
#include "core/interfaces.h"
#include "core/message_ops.h"
#include "core/socket_ops.h"
#include "core/wakeup.h"

namespace selectloop {
namespace {

using Bytes = std::vector<uint8_t>;

ControlPart Part(int level, int type, const Bytes& data) { return {level, type, data.data(), data.size()}; }

struct Copied {
  int level;
  int type;
  Bytes data;
};

// Reads from a heap block of exactly that size, so that the sanitizer finds a read beyond it, at each alignment.
std::vector<Copied> ReadAll(const Bytes& control, size_t shift = 0) {
  Bytes block(control.size() + shift);
  if (!control.empty()) memcpy(block.data() + shift, control.data(), control.size());
  std::vector<Copied> messages;
  ControlReader reader(block.data() + shift, control.size());
  for (ControlPart part; reader.Next(&part);) {
    messages.push_back({part.level, part.type, Bytes(part.data, part.data + part.length)});
  }
  return messages;
}

Bytes ThreeMessages() {
  Bytes control;
  AppendControl(Part(1, 2, {1, 2, 3}), &control);
  AppendControl(Part(-5, 7, {}), &control);
  AppendControl(Part(41, 50, Bytes(20, 9)), &control);
  return control;
}

TEST("messages are read as they were written, at every alignment") {
  for (size_t shift = 0; shift < 9; ++shift) {
    const std::vector<Copied> messages = ReadAll(ThreeMessages(), shift);
    CHECK_EQ(messages.size(), 3u);
    if (messages.size() != 3) return;
    CHECK_EQ(messages[0].level, 1);
    CHECK(messages[0].data == Bytes({1, 2, 3}));
    CHECK_EQ(messages[1].level, -5);
    CHECK_EQ(messages[1].data.size(), 0u);
    CHECK_EQ(messages[2].type, 50);
    CHECK(messages[2].data == Bytes(20, 9));
  }
}

TEST("the written form is that of the CMSG_ macros") {
  Bytes control = ThreeMessages();
  msghdr header = {};
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  size_t count = 0;
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) ++count;
  CHECK_EQ(count, 3u);
  CHECK_EQ(control.size(), CMSG_SPACE(3) + CMSG_SPACE(0) + CMSG_SPACE(20));
}

TEST("bytes cut anywhere end the iteration, and the last message is cut with them") {
  const Bytes control = ThreeMessages();
  for (size_t size = 0; size <= control.size(); ++size) {
    size_t data = 0;
    for (const Copied& message : ReadAll(Bytes(control.begin(), control.begin() + size))) data += message.data.size();
    CHECK(data <= 23);
    CHECK_EQ(data == 23, size >= control.size() - 4);  // the padding after 20 bytes
  }
}

TEST("lengths that are impossible end the iteration") {
  for (const size_t length : {size_t{0}, size_t{1}, CMSG_LEN(0) - 1}) {
    Bytes control = ThreeMessages();
    memcpy(control.data() + CMSG_SPACE(3), &length, sizeof(length));
    CHECK_EQ(ReadAll(control).size(), 1u);
  }
  for (const size_t length : {SIZE_MAX, SIZE_MAX - 7, size_t{1} << 40}) {
    Bytes control = ThreeMessages();
    memcpy(control.data(), &length, sizeof(length));
    const std::vector<Copied> messages = ReadAll(control);
    CHECK_EQ(messages.size(), 1u);
    CHECK_EQ(messages[0].data.size(), control.size() - CMSG_LEN(0));
  }
}

TEST("random bytes are never read beyond their end") {
  uint32_t state = 12345;
  for (int round = 0; round < 2000; ++round) {
    Bytes control(round % 97);
    for (uint8_t& byte : control) {
      state = state * 1664525 + 1013904223;
      byte = (state >> 24) < 128 ? 0 : static_cast<uint8_t>(state >> 16);
    }
    ReadAll(control, round % 8);
    Bytes built;
    AppendControlOf(control.data(), control.size(), &built);
  }
}

TEST("records become control messages, and incomplete records are refused") {
  Bytes records;
  AppendRecord(Part(1, 2, {1, 2, 3}), &records);
  AppendRecord(Part(-5, 7, {}), &records);
  AppendRecord(Part(41, 50, Bytes(20, 9)), &records);
  Bytes control;
  CHECK_EQ(AppendControlOf(records.data(), records.size(), &control), 0);
  CHECK(control == ThreeMessages());
  for (size_t size = 1; size < records.size(); ++size) {
    Bytes ignored;
    const Bytes cut(records.begin(), records.begin() + size);
    const bool whole = size == 15 || size == 27;  // the ends of the first two records
    CHECK_EQ(AppendControlOf(cut.data(), cut.size(), &ignored), whole ? 0 : -EINVAL);
  }
  const int32_t negative = -1;
  memcpy(records.data() + 8, &negative, sizeof(negative));
  CHECK_EQ(AppendControlOf(records.data(), records.size(), &control), -EINVAL);
}

TEST("credentials and descriptors are sent and received in one message") {
  const Channel pair = MakeSocketPair();
  const int on = 1;
  Must(SetSockOpt(pair.b.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) == 0);
  const ucred own = {getpid(), getuid(), getgid()};
  Bytes records;
  AppendRecord({SOL_SOCKET, SCM_CREDENTIALS, reinterpret_cast<const uint8_t*>(&own), sizeof(own)}, &records);
  char byte[] = "x";
  const iovec part = {byte, 1};
  const std::vector<int> fds = {pair.a.get()};
  CHECK_EQ(SendMessage(pair.a.get(), &part, 1, fds, 0, nullptr, {records.data(), records.size()}), 1);
  CHECK_EQ(SendMessage(pair.a.get(), &part, 1, fds, 0, nullptr, {records.data(), records.size() - 1}), -EINVAL);
  ReceivedMessage message;
  CHECK_EQ(ReceiveMessage(pair.b.get(), &part, 1, {4, 100}, 0, &message), 1);
  CHECK_EQ(message.fds.size(), 1u);
  CHECK(message.records == records);
}

TEST("without room for them, descriptors are closed and other messages are dropped") {
  const Channel pair = MakeSocketPair();
  const int on = 1;
  Must(SetSockOpt(pair.b.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) == 0);
  char byte[] = "x";
  const iovec part = {byte, 1};
  const UniqueFd event(CreateEventFd());
  for (const ControlLimits& limits : {ControlLimits{0, 0}, ControlLimits{0, 100}, ControlLimits{1, 0}}) {
    Must(SendMessage(pair.a.get(), &part, 1, {event.get(), event.get()}, 0, nullptr) == 1);
    const int lowest = dup(event.get());
    close(lowest);
    ReceivedMessage message;
    CHECK_EQ(ReceiveMessage(pair.b.get(), &part, 1, limits, 0, &message), 1);
    CHECK_EQ(message.fds.size(), static_cast<size_t>(limits.max_fds));
    CHECK_EQ(message.records.empty(), limits.control_size == 0);
    CHECK((message.flags & MSG_CTRUNC) != 0);
    message.fds.clear();
    const UniqueFd after(dup(event.get()));
    CHECK_EQ(after.get(), lowest);
  }
  ReceivedMessage message;
  CHECK_EQ(ReceiveMessage(pair.b.get(), &part, 1, {0, kMostControlBytes + 1}, 0, &message), -EINVAL);
}

TEST("interfaces are found by name and by number") {
  std::vector<Interface> interfaces;
  CHECK_EQ(ListInterfaces(&interfaces), 0);
  CHECK(!interfaces.empty());
  for (const Interface& interface : interfaces) {
    std::string name;
    CHECK_EQ(InterfaceName(interface.index, &name), 0);
    CHECK_EQ(name, interface.name);
    CHECK_EQ(InterfaceIndex(name), static_cast<int64_t>(interface.index));
  }
  std::string name;
  CHECK_EQ(InterfaceName(0x7fffffff, &name), -ENXIO);
  CHECK_EQ(InterfaceIndex("no-such-if"), -ENODEV);
  CHECK_EQ(InterfaceIndex(""), -ENODEV);
  CHECK_EQ(InterfaceIndex(std::string("lo\0x", 4)), -ENODEV);
  CHECK_EQ(InterfaceIndex(std::string(1000, 'x')), -ENODEV);
}

RawAddress Internet(int family, const char* host) {
  SocketAddress address;
  address.family = family;
  address.host = host;
  RawAddress raw;
  Must(EncodeAddress(address, &raw) == 0);
  return raw;
}

TEST("a group is joined once, and left once") {
  const uint32_t loopback = static_cast<uint32_t>(InterfaceIndex("lo"));
  for (const int family : {AF_INET, AF_INET6}) {
    const UniqueFd socket(CreateSocket(family, SOCK_DGRAM, 0));
    const RawAddress group = Internet(family, family == AF_INET ? "232.1.2.3" : "ff31::1234");
    const RawAddress source = Internet(family, family == AF_INET ? "127.0.0.1" : "::1");
    for (const RawAddress* from : {static_cast<const RawAddress*>(nullptr), &source}) {
      CHECK_EQ(ChangeGroup(socket.get(), true, group, loopback, from), 0);
      CHECK_EQ(ChangeGroup(socket.get(), true, group, loopback, from), from ? -EADDRNOTAVAIL : -EADDRINUSE);
      CHECK_EQ(ChangeGroup(socket.get(), false, group, loopback, from), 0);
      CHECK_EQ(ChangeGroup(socket.get(), false, group, loopback, from), from ? -EINVAL : -EADDRNOTAVAIL);
    }
    CHECK_EQ(ChangeGroup(socket.get(), true, source, loopback, nullptr), -EINVAL);
    CHECK_EQ(ChangeGroup(socket.get(), true, group, 0x7fffffff, nullptr), -ENODEV);
  }
}

}  // namespace
}  // namespace selectloop

TEST_MAIN

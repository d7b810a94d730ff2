// Messages, and the descriptors that they carry.

#include <netinet/in.h>

#include <cerrno>
#include <cstring>
#include <iterator>
#include <string>
#include <vector>

#include "check.h"
#include "channel.h"
#include "core/descriptor_ops.h"
#include "core/message_ops.h"
#include "core/socket_ops.h"
#include "core/wakeup.h"

namespace selectloop {
namespace {

char kByte[] = "x";
const iovec kOneByte = {kByte, 1};

ssize_t ReceiveOne(int fd, void* data, size_t length, int max_fds, int flags, ReceivedMessage* message) {
  const iovec part = {data, length};
  return ReceiveMessage(fd, &part, 1, {max_fds, 0}, flags, message);
}

TEST("received descriptors are open and close-on-exec") {
  const Channel pair = MakeSocketPair();
  Channel passed = MakeSocketPair();
  const std::vector<int> fds = {passed.a.get(), passed.b.get()};
  CHECK_EQ(SendMessage(pair.a.get(), &kOneByte, 1, fds, 0, nullptr), 1);
  ReceivedMessage message;
  char buffer[4];
  CHECK_EQ(ReceiveOne(pair.b.get(), buffer, sizeof(buffer), 8, 0, &message), 1);
  CHECK_EQ(message.fds.size(), 2u);
  CHECK_EQ(message.flags, 0);
  CHECK((fcntl(message.fds[0].get(), F_GETFD) & FD_CLOEXEC) != 0);
  passed.a.Reset();
  Must(write(message.fds[0].get(), "y", 1) == 1);
  CHECK_EQ(Receive(passed.b.get(), buffer, 1, 0), 1);
  CHECK_EQ(buffer[0], 'y');
}

TEST("descriptors that are not taken are closed with the message") {
  const Channel pair = MakeSocketPair();
  const UniqueFd event(CreateEventFd());
  SendMessage(pair.a.get(), &kOneByte, 1, {event.get()}, 0, nullptr);
  int received = -1;
  {
    ReceivedMessage message;
    char buffer[4];
    ReceiveOne(pair.b.get(), buffer, sizeof(buffer), 8, 0, &message);
    received = message.fds[0].get();
    CHECK(IsOpen(received));
  }
  CHECK(!IsOpen(received));
}

TEST("the sender's pidfd stays in its record, and is closed without records, or with the message unless it is taken") {
  constexpr int kPassPidfd = 76;  // SO_PASSPIDFD
  constexpr int kPidfd = 4;       // SCM_PIDFD
  for (const size_t control_size : {0, 512}) {
    const Channel pair = MakeSocketPair();
    const int on = 1;
    if (setsockopt(pair.b.get(), SOL_SOCKET, kPassPidfd, &on, sizeof(on)) != 0) return;  // before Linux 6.5
    const int lowest_free = dup(pair.a.get());
    close(lowest_free);
    SendMessage(pair.a.get(), &kOneByte, 1, {}, 0, nullptr);
    {
      ReceivedMessage message;
      char buffer[4];
      const iovec part = {buffer, sizeof(buffer)};
      CHECK_EQ(ReceiveMessage(pair.b.get(), &part, 1, {8, control_size}, 0, &message), 1);
      CHECK_EQ(message.pidfds.size(), control_size > 0 ? 1u : 0u);
      CHECK_EQ(message.records.size(), control_size > 0 ? 16u : 0u);
      if (control_size > 0) {
        int record[4];
        memcpy(record, message.records.data(), sizeof(record));
        CHECK(record[0] == SOL_SOCKET && record[1] == kPidfd && record[2] == 4);
        CHECK_EQ(record[3], message.pidfds[0].get());
        CHECK(IsOpen(record[3]));
        CHECK((fcntl(record[3], F_GETFD) & FD_CLOEXEC) != 0);
      }
    }
    CHECK(!IsOpen(lowest_free));
  }
}

TEST("descriptors over the limit are closed, and MSG_CTRUNC reports it") {
  for (const int max_fds : {0, 1, 2, 3}) {
    const Channel pair = MakeSocketPair();
    const UniqueFd event(CreateEventFd());
    SendMessage(pair.a.get(), &kOneByte, 1, std::vector<int>(4, event.get()), 0, nullptr);
    const int lowest_before = dup(event.get());
    close(lowest_before);
    ReceivedMessage message;
    char buffer[4];
    CHECK_EQ(ReceiveOne(pair.b.get(), buffer, sizeof(buffer), max_fds, 0, &message), 1);
    CHECK_EQ(message.fds.size(), static_cast<size_t>(max_fds));
    CHECK((message.flags & MSG_CTRUNC) != 0);
    message.fds.clear();
    const UniqueFd lowest_after(dup(event.get()));
    CHECK_EQ(lowest_after.get(), lowest_before);
  }
}

TEST("253 descriptors pass, one more is refused") {
  const Channel pair = MakeSocketPair();
  const UniqueFd event(CreateEventFd());
  CHECK_EQ(SendMessage(pair.a.get(), &kOneByte, 1, std::vector<int>(kMostPassedFds, event.get()), 0, nullptr), 1);
  ReceivedMessage message;
  char buffer[4];
  CHECK_EQ(ReceiveOne(pair.b.get(), buffer, sizeof(buffer), kMostPassedFds, 0, &message), 1);
  CHECK_EQ(message.fds.size(), static_cast<size_t>(kMostPassedFds));
  CHECK_EQ(SendMessage(pair.a.get(), &kOneByte, 1, std::vector<int>(kMostPassedFds + 1, event.get()), 0, nullptr), -EINVAL);
  CHECK_EQ(ReceiveOne(pair.b.get(), buffer, 1, kMostPassedFds + 1, 0, &message), -EINVAL);
}

TEST("datagrams carry their sender's address and are truncated to the buffer") {
  const UniqueFd a(CreateSocket(AF_INET, SOCK_DGRAM, 0));
  const UniqueFd b(CreateSocket(AF_INET, SOCK_DGRAM, 0));
  SocketAddress loopback;
  loopback.family = AF_INET;
  loopback.host = "127.0.0.1";
  RawAddress raw, address_a, address_b;
  EncodeAddress(loopback, &raw);
  CHECK_EQ(Bind(a.get(), raw), 0);
  CHECK_EQ(Bind(b.get(), raw), 0);
  CHECK_EQ(GetSockName(a.get(), &address_a), 0);
  CHECK_EQ(GetSockName(b.get(), &address_b), 0);

  CHECK_EQ(SendTo(a.get(), "hello", 5, 0, address_b), 5);
  char buffer[16];
  RawAddress sender;
  CHECK_EQ(ReceiveFrom(b.get(), buffer, sizeof(buffer), 0, &sender), 5);
  CHECK_EQ(DecodeAddress(sender).port, DecodeAddress(address_a).port);

  CHECK_EQ(SendMessage(a.get(), &kOneByte, 1, {}, 0, &address_b), 1);
  CHECK_EQ(SendTo(a.get(), "hello", 5, 0, address_b), 5);
  ReceivedMessage message;
  CHECK_EQ(ReceiveOne(b.get(), buffer, 3, 0, 0, &message), 1);
  CHECK_EQ(ReceiveOne(b.get(), buffer, 3, 0, 0, &message), 3);
  CHECK_EQ(message.flags, static_cast<int>(MSG_TRUNC));
  CHECK_EQ(DecodeAddress(message.address).host, "127.0.0.1");
}

TEST("sending to a closed peer fails with EPIPE, without a signal") {
  Channel pair = MakeSocketPair();
  pair.b.Reset();
  CHECK_EQ(Send(pair.a.get(), "x", 1, 0), -EPIPE);
  CHECK_EQ(SendMessage(pair.a.get(), &kOneByte, 1, {}, 0, nullptr), -EPIPE);
}

TEST("options are raw bytes") {
  const UniqueFd socket(CreateSocket(AF_INET, SOCK_STREAM, 0));
  const int on = 1;
  int value = 0;
  CHECK_EQ(SetSockOpt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
  CHECK_EQ(GetSockOpt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &value, sizeof(value)), 4);
  CHECK_EQ(value, 1);
  CHECK_EQ(GetSockOpt(socket.get(), SOL_SOCKET, 9999, &value, sizeof(value)), -ENOPROTOOPT);
}

TEST("SendEach replaces each length with the result, and skips ranges outside the data") {
  const Channel first = MakeSocketPair();
  const Channel second = MakeSocketPair();
  const uint8_t data[] = {'a', 'b', 'c', 'd'};
  ByteCall calls[] = {
      {first.a.get(), 0, 1}, {second.a.get(), 1, 3}, {first.a.get(), 2, 3}, {first.a.get(), -1, 2},
      {first.a.get(), 0, -1}, {-1, 0, 1},           {first.a.get(), 3, 1},
  };
  SendEach(calls, std::size(calls), data, sizeof(data));
  const int expected[] = {1, 3, -EINVAL, -EINVAL, -EINVAL, -EBADF, 1};
  for (size_t i = 0; i < std::size(calls); ++i) CHECK_EQ(calls[i].length, expected[i]);
  char buffer[8];
  CHECK_EQ(Receive(first.b.get(), buffer, sizeof(buffer), 0), 2);
  CHECK_EQ(std::string(buffer, 2), "ad");
  CHECK_EQ(Receive(second.b.get(), buffer, sizeof(buffer), 0), 3);
  CHECK_EQ(std::string(buffer, 3), "bcd");
}

TEST("ReceiveEach stores the bytes one after the other until less than the minimum is left") {
  Channel pairs[] = {MakeSocketPair(), MakeSocketPair(), MakeSocketPair(), MakeSocketPair(), MakeSocketPair()};
  for (const Channel& pair : pairs) Must(SetNonBlocking(pair.b.get(), true) == 0);
  Must(write(pairs[0].a.get(), "one", 3) == 3);
  pairs[2].a.Reset();  // its end
  Must(write(pairs[3].a.get(), "three", 5) == 5);
  Must(write(pairs[4].a.get(), "!", 1) == 1);
  int32_t fds[5];
  for (size_t i = 0; i < std::size(fds); ++i) fds[i] = pairs[i].b.get();
  uint8_t data[10];
  CHECK_EQ(ReceiveEach(fds, std::size(fds), data, sizeof(data), 4), 4u);
  CHECK_EQ(fds[0], 3);
  CHECK_EQ(fds[1], -EAGAIN);
  CHECK_EQ(fds[2], 0);
  CHECK_EQ(fds[3], 5);
  CHECK_EQ(fds[4], pairs[4].b.get());  // not tried, because only two bytes were left
  CHECK_EQ(std::string(reinterpret_cast<char*>(data), 8), "onethree");
  CHECK_EQ(ReceiveEach(fds + 4, 1, data, 0, 0), 0u);  // no room is not EOF
}

// Memory for three datagrams of at most four bytes.
struct ThreeDatagrams {
  uint8_t data[12] = {};
  uint8_t addresses[3 * kAddressSlot] = {};
  DatagramRecord records[3] = {{0, 4, 0, 0}, {4, 4, 0, 0}, {8, 4, 0, 0}};

  Datagrams All() { return {records, 3, data, sizeof(data), addresses}; }
};

TEST("ReceiveMany receives what is there, with addresses and truncation, and SendMany sends it back") {
  const UniqueFd server(CreateSocket(AF_INET, SOCK_DGRAM, 0));
  const UniqueFd client(CreateSocket(AF_INET, SOCK_DGRAM, 0));
  RawAddress address;
  Must(EncodeAddress({AF_INET, "127.0.0.1", 0, 0, 0, ""}, &address) == 0 && Bind(server.get(), address) == 0);
  Must(GetSockName(server.get(), &address) == 0 && Connect(client.get(), address) == 0);
  Must(Send(client.get(), "one", 3, 0) == 3 && Send(client.get(), "three", 5, 0) == 5);
  ThreeDatagrams many;
  CHECK_EQ(ReceiveMany(server.get(), many.All(), 0), 2);  // does not wait for the third
  CHECK_EQ(std::string(reinterpret_cast<char*>(many.data), 8), std::string("one\0thre", 8));
  CHECK(many.records[0].length == 3 && many.records[0].flags == 0);
  CHECK(many.records[1].length == 4 && many.records[1].flags == MSG_TRUNC);
  CHECK_EQ(many.records[1].address_length, static_cast<int32_t>(sizeof(sockaddr_in)));
  CHECK_EQ(ReceiveMany(server.get(), many.All(), MSG_DONTWAIT), -EAGAIN);
  CHECK_EQ(SendMany(server.get(), {many.records, 2, many.data, sizeof(many.data), many.addresses}, 0), 2);
  char answer[8];
  CHECK_EQ(Receive(client.get(), answer, sizeof(answer), 0), 3);
  CHECK_EQ(Receive(client.get(), answer, sizeof(answer), 0), 4);
}

TEST("SendMany stops at the first datagram that the kernel refuses, and reports its error if it is the first") {
  const Channel pair = MakeSocketPair(SOCK_DGRAM);
  ThreeDatagrams many;
  many.records[1].address_length = 1;  // no address has one byte
  CHECK_EQ(SendMany(pair.a.get(), many.All(), 0), 1);
  CHECK_EQ(SendMany(pair.a.get(), {many.records + 1, 2, many.data, sizeof(many.data), many.addresses + kAddressSlot}, 0),
           -EINVAL);
}

TEST("SendMany and ReceiveMany refuse ranges outside of their memory") {
  const Channel pair = MakeSocketPair(SOCK_DGRAM);
  for (const DatagramRecord& wrong : {DatagramRecord{9, 4, 0, 0}, DatagramRecord{-1, 1, 0, 0},
                                      DatagramRecord{0, -1, 0, 0}, DatagramRecord{0, 1, 129, 0},
                                      DatagramRecord{0, 1, -1, 0}}) {
    ThreeDatagrams many;
    many.records[2] = wrong;
    CHECK_EQ(SendMany(pair.a.get(), many.All(), 0), -EINVAL);
    CHECK_EQ(ReceiveMany(pair.b.get(), many.All(), MSG_DONTWAIT), -EINVAL);
  }
}

}  // namespace
}  // namespace selectloop

TEST_MAIN

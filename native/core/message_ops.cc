#include "core/message_ops.h"

#include <limits.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/control.h"
#include "core/result.h"

namespace selectloop {
namespace {

// Room for the control messages that the kernel adds on request and puts before the descriptors: credentials (SO_PASSCRED), security labels
// (SO_PASSSEC), timestamps. Without it they would take the place of descriptors, which are then lost.
constexpr size_t kRoomForOthers = 1024;

// The type of the message with the sender's pidfd (SO_PASSPIDFD, Linux 6.5), which older headers lack.
constexpr int kScmPidfd = 4;

void TakeDescriptors(const ControlPart& part, std::vector<UniqueFd>* fds) {
  for (size_t i = 0; i < part.length / sizeof(int); ++i) {
    int received;
    memcpy(&received, part.data + i * sizeof(int), sizeof(received));
    fds->emplace_back(received);  // negative, the error of the kernel: no descriptor
  }
}

bool IsWithin(int32_t offset, int32_t length, size_t size) {
  return offset >= 0 && length >= 0 && static_cast<size_t>(offset) + static_cast<size_t>(length) <= size;
}

// Takes every descriptor in the control messages, so that none stays open unknown to the program. Those of SCM_RIGHTS go to
// `message->fds`. A pidfd of the sender stays in its record, or is closed if there are no records.
void TakeControl(const msghdr& header, bool others, ReceivedMessage* message) {
  std::vector<UniqueFd> pidfds;
  ControlReader reader(header.msg_control, header.msg_controllen);
  for (ControlPart part; reader.Next(&part);) {
    if (part.level == SOL_SOCKET && part.type == SCM_RIGHTS) {
      TakeDescriptors(part, &message->fds);
      continue;
    }
    if (part.level == SOL_SOCKET && part.type == kScmPidfd) TakeDescriptors(part, &pidfds);
    if (others) AppendRecord(part, &message->records);
  }
  if (others) message->pidfds = std::move(pidfds);
}

// The headers of recvmmsg and sendmmsg for some datagrams.
class MessageHeaders {
 public:
  explicit MessageHeaders(const Datagrams& datagrams)
      : headers_(std::min<size_t>(datagrams.count, IOV_MAX)), parts_(headers_.size()) {
    for (size_t i = 0; i < headers_.size() && ok_; ++i) {
      const DatagramRecord& record = datagrams.records[i];
      ok_ = IsWithin(record.offset, record.length, datagrams.size) && IsWithin(0, record.address_length, kAddressSlot);
      parts_[i] = {datagrams.data + record.offset, static_cast<size_t>(record.length)};
      msghdr& header = headers_[i].msg_hdr;
      header.msg_iov = &parts_[i];
      header.msg_iovlen = 1;
      header.msg_name = datagrams.addresses + i * kAddressSlot;
      header.msg_namelen = static_cast<socklen_t>(record.address_length);
    }
  }

  bool ok() const { return ok_; }
  unsigned count() const { return static_cast<unsigned>(headers_.size()); }
  mmsghdr* data() { return headers_.data(); }
  mmsghdr& operator[](size_t index) { return headers_[index]; }

 private:
  std::vector<mmsghdr> headers_;
  std::vector<iovec> parts_;
  bool ok_ = true;
};

}  // namespace

ssize_t Send(int fd, const void* data, size_t length, int flags) {
  return RetryOnEintr([=] { return send(fd, data, length, flags | MSG_NOSIGNAL); });
}

ssize_t SendTo(int fd, const void* data, size_t length, int flags, const RawAddress& address) {
  return RetryOnEintr(
      [=, &address] { return sendto(fd, data, length, flags | MSG_NOSIGNAL, address.get(), address.length); });
}

ssize_t SendMessage(int fd, const iovec* parts, size_t part_count, const std::vector<int>& fds, int flags,
                    const RawAddress* address, ControlRecords records) {
  msghdr header = {};
  header.msg_iov = const_cast<iovec*>(parts);
  header.msg_iovlen = std::min<size_t>(part_count, IOV_MAX);
  if (address != nullptr) {
    header.msg_name = const_cast<sockaddr*>(address->get());
    header.msg_namelen = address->length;
  }
  if (fds.size() > kMostPassedFds) return -EINVAL;  // the kernel's error
  std::vector<uint8_t> control;
  if (!fds.empty()) {
    AppendControl({SOL_SOCKET, SCM_RIGHTS, reinterpret_cast<const uint8_t*>(fds.data()), sizeof(int) * fds.size()},
                  &control);
  }
  const int appended = AppendControlOf(records.data, records.size, &control);
  if (appended < 0) return appended;
  if (!control.empty()) {
    header.msg_control = control.data();
    header.msg_controllen = control.size();
  }
  return RetryOnEintr([&] { return sendmsg(fd, &header, flags | MSG_NOSIGNAL); });
}

void SendEach(ByteCall* calls, size_t count, const uint8_t* data, size_t size) {
  for (ByteCall* call = calls; call < calls + count; ++call) {
    const bool within = IsWithin(call->offset, call->length, size);
    call->length = within ? static_cast<int32_t>(Send(call->fd, data + call->offset, call->length, 0)) : -EINVAL;
  }
}

size_t ReceiveEach(int32_t* fds, size_t count, uint8_t* data, size_t size, size_t least) {
  size_t used = 0;
  size_t tried = 0;
  for (; tried < count && size - used >= std::max<size_t>(least, 1); ++tried) {
    const ssize_t received = Receive(fds[tried], data + used, size - used, 0);
    if (received > 0) used += static_cast<size_t>(received);
    fds[tried] = static_cast<int32_t>(received);
  }
  return tried;
}

ssize_t ReceiveMany(int fd, const Datagrams& datagrams, int flags) {
  MessageHeaders headers(datagrams);
  if (!headers.ok()) return -EINVAL;
  for (size_t i = 0; i < headers.count(); ++i) headers[i].msg_hdr.msg_namelen = kAddressSlot;
  const ssize_t received =
      RetryOnEintr([&] { return recvmmsg(fd, headers.data(), headers.count(), flags | MSG_WAITFORONE, nullptr); });
  for (ssize_t i = 0; i < received; ++i) {
    const mmsghdr& header = headers[static_cast<size_t>(i)];
    DatagramRecord& record = datagrams.records[i];
    record.length = static_cast<int32_t>(header.msg_len);
    record.address_length = static_cast<int32_t>(header.msg_hdr.msg_namelen);
    record.flags = header.msg_hdr.msg_flags;
  }
  return received;
}

ssize_t SendMany(int fd, const Datagrams& datagrams, int flags) {
  MessageHeaders headers(datagrams);
  if (!headers.ok()) return -EINVAL;
  return RetryOnEintr([&] { return sendmmsg(fd, headers.data(), headers.count(), flags | MSG_NOSIGNAL); });
}

ssize_t Receive(int fd, void* data, size_t length, int flags) {
  return RetryOnEintr([=] { return recv(fd, data, length, flags); });
}

ssize_t ReceiveFrom(int fd, void* data, size_t length, int flags, RawAddress* address) {
  return RetryOnEintr([=] {
    address->length = sizeof(address->storage);
    return recvfrom(fd, data, length, flags, address->get(), &address->length);
  });
}

ssize_t ReceiveMessage(int fd, const iovec* parts, size_t part_count, const ControlLimits& limits, int flags,
                       ReceivedMessage* message) {
  if (limits.max_fds < 0 || limits.max_fds > kMostPassedFds || limits.control_size > kMostControlBytes) return -EINVAL;
  const size_t max_fds = static_cast<size_t>(limits.max_fds);
  size_t room = limits.control_size;
  if (max_fds > 0) room = CMSG_SPACE(sizeof(int) * max_fds) + std::max(room, kRoomForOthers);
  alignas(cmsghdr) uint8_t usual[CMSG_SPACE(sizeof(int) * kMostPassedFds) + kRoomForOthers];
  std::vector<uint8_t> larger(room > sizeof(usual) ? room : 0);
  msghdr header = {};
  const ssize_t result = RetryOnEintr([&] {
    header = {};
    header.msg_iov = const_cast<iovec*>(parts);
    header.msg_iovlen = std::min<size_t>(part_count, IOV_MAX);
    header.msg_name = message->address.get();
    header.msg_namelen = sizeof(message->address.storage);
    if (room > 0) {
      header.msg_control = larger.empty() ? usual : larger.data();
      header.msg_controllen = room;
    }
    return recvmsg(fd, &header, flags | MSG_CMSG_CLOEXEC);
  });
  if (result < 0) return result;
  message->address.length = header.msg_namelen;
  message->flags = header.msg_flags & ~MSG_CMSG_CLOEXEC;
  TakeControl(header, limits.control_size > 0, message);
  if (message->fds.size() > max_fds) {
    // They fitted into the room for other messages.
    message->fds.resize(max_fds);
    message->flags |= MSG_CTRUNC;
  }
  return result;
}

}  // namespace selectloop

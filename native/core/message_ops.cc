#include "core/message_ops.h"

#include <limits.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/result.h"

namespace selectloop {
namespace {

// Room for the control messages that the kernel adds on request and puts before the descriptors: credentials (SO_PASSCRED), security labels
// (SO_PASSSEC), timestamps. Without it they would take the place of descriptors, which are then lost.
constexpr size_t kRoomForOthers = 1024;

// Room for the control messages of one message, aligned as the CMSG_ macros require.
struct ControlBuffer {
  alignas(cmsghdr) unsigned char bytes[CMSG_SPACE(sizeof(int) * kMostPassedFds) + kRoomForOthers];
};

// The type of the message with the sender's pidfd (SO_PASSPIDFD, Linux 6.5), which older headers lack.
constexpr int kScmPidfd = 4;

// Takes every descriptor in the control messages, so that none stays open unknown to the program. Those of SCM_RIGHTS go to `fds`, the pidfd
// of the sender is closed.
void TakeDescriptors(msghdr* header, std::vector<UniqueFd>* fds) {
  for (cmsghdr* part = CMSG_FIRSTHDR(header); part != nullptr; part = CMSG_NXTHDR(header, part)) {
    if (part->cmsg_level != SOL_SOCKET || (part->cmsg_type != SCM_RIGHTS && part->cmsg_type != kScmPidfd)) continue;
    const size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; ++i) {
      int received;
      memcpy(&received, CMSG_DATA(part) + i * sizeof(int), sizeof(received));
      UniqueFd owned(received);
      if (part->cmsg_type == SCM_RIGHTS) fds->push_back(std::move(owned));
    }
  }
}

}  // namespace

ssize_t Send(int fd, const void* data, size_t length, int flags) {
  return RetryOnEintr([=] { return send(fd, data, length, flags | MSG_NOSIGNAL); });
}

ssize_t SendTo(int fd, const void* data, size_t length, int flags, const RawAddress& address) {
  return RetryOnEintr(
      [=, &address] { return sendto(fd, data, length, flags | MSG_NOSIGNAL, address.get(), address.length); });
}

ssize_t SendMessage(int fd, const iovec* parts, size_t part_count, const std::vector<int>& fds, int flags,
                    const RawAddress* address) {
  msghdr header = {};
  header.msg_iov = const_cast<iovec*>(parts);
  header.msg_iovlen = std::min<size_t>(part_count, IOV_MAX);
  if (address != nullptr) {
    header.msg_name = const_cast<sockaddr*>(address->get());
    header.msg_namelen = address->length;
  }
  ControlBuffer control;
  if (!fds.empty()) {
    if (fds.size() > kMostPassedFds) return -EINVAL;  // the kernel's error; this is also the size of our buffer
    const size_t size = sizeof(int) * fds.size();
    memset(&control, 0, sizeof(control));
    header.msg_control = control.bytes;
    header.msg_controllen = CMSG_SPACE(size);
    cmsghdr* part = CMSG_FIRSTHDR(&header);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(part), fds.data(), size);
  }
  return RetryOnEintr([&] { return sendmsg(fd, &header, flags | MSG_NOSIGNAL); });
}

void SendEach(ByteCall* calls, size_t count, const uint8_t* data, size_t size) {
  for (ByteCall* call = calls; call < calls + count; ++call) {
    const bool within = call->offset >= 0 && call->length >= 0 &&
                        static_cast<size_t>(call->offset) + static_cast<size_t>(call->length) <= size;
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

ssize_t Receive(int fd, void* data, size_t length, int flags) {
  return RetryOnEintr([=] { return recv(fd, data, length, flags); });
}

ssize_t ReceiveFrom(int fd, void* data, size_t length, int flags, RawAddress* address) {
  return RetryOnEintr([=] {
    address->length = sizeof(address->storage);
    return recvfrom(fd, data, length, flags, address->get(), &address->length);
  });
}

ssize_t ReceiveMessage(int fd, void* data, size_t length, int max_fds, int flags, ReceivedMessage* message) {
  if (max_fds < 0 || max_fds > kMostPassedFds) return -EINVAL;
  iovec part = {data, length};
  ControlBuffer control;
  msghdr header = {};
  const ssize_t result = RetryOnEintr([&] {
    header = {};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_name = message->address.get();
    header.msg_namelen = sizeof(message->address.storage);
    if (max_fds > 0) {
      header.msg_control = control.bytes;
      header.msg_controllen = CMSG_SPACE(sizeof(int) * static_cast<size_t>(max_fds)) + kRoomForOthers;
    }
    return recvmsg(fd, &header, flags | MSG_CMSG_CLOEXEC);
  });
  if (result < 0) return result;
  message->address.length = header.msg_namelen;
  message->flags = header.msg_flags & ~MSG_CMSG_CLOEXEC;
  TakeDescriptors(&header, &message->fds);
  if (message->fds.size() > static_cast<size_t>(max_fds)) {
    // They fitted into the room for other messages.
    message->fds.resize(static_cast<size_t>(max_fds));
    message->flags |= MSG_CTRUNC;
  }
  return result;
}

}  // namespace selectloop

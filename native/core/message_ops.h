// Sends and receives bytes and descriptors through sockets. Sends never raise SIGPIPE; EINTR is retried.

#ifndef SELECTLOOP_CORE_MESSAGE_OPS_H_
#define SELECTLOOP_CORE_MESSAGE_OPS_H_

#include <sys/types.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/sockaddr.h"
#include "core/unique_fd.h"

namespace selectloop {

// The kernel's limit of descriptors per message (SCM_MAX_FD, which no header exports).
constexpr int kMostPassedFds = 253;

ssize_t Send(int fd, const void* data, size_t length, int flags);
ssize_t SendTo(int fd, const void* data, size_t length, int flags, const RawAddress& address);

// Control messages to send, as records (core/control.h).
struct ControlRecords {
  const uint8_t* data = nullptr;
  size_t size = 0;
};

// `address` may be null. Sends at most IOV_MAX of the parts. -EINVAL for more than kMostPassedFds descriptors or broken records.
ssize_t SendMessage(int fd, const iovec* parts, size_t part_count, const std::vector<int>& fds, int flags,
                    const RawAddress* address, ControlRecords records = {});

// One of several sends: the descriptor, and the offset and length of the bytes. The result replaces `length`.
struct ByteCall {
  int32_t fd;
  int32_t offset;
  int32_t length;
};

// Makes each send with bytes of `data`. A range outside of `size` is not sent, and gets -EINVAL.
void SendEach(ByteCall* calls, size_t count, const uint8_t* data, size_t size);

// Receives once from each descriptor, in order. The received bytes follow each other in `data`, and each call gets all the space that is
// left; stops when less than `least` bytes are left. The result replaces the descriptor. Returns the number of calls made.
size_t ReceiveEach(int32_t* fds, size_t count, uint8_t* data, size_t size, size_t least);

// One of several datagrams: its range of the bytes, the length of its address, and its flags. Its address is a slot of kAddressSlot bytes in
// an array of addresses, and has the kernel's form.
struct DatagramRecord {
  int32_t offset;
  int32_t length;
  int32_t address_length;  // 0: none
  int32_t flags;           // of a received datagram, such as MSG_TRUNC
};

constexpr size_t kAddressSlot = sizeof(sockaddr_storage);

// Several datagrams, and the memory for their bytes and addresses. `addresses` has a slot for each record.
struct Datagrams {
  DatagramRecord* records;
  size_t count;
  uint8_t* data;
  size_t size;
  uint8_t* addresses;
};

// recvmmsg: waits at most for the first datagram. Each record then has the length, address and flags of what was received. Returns their
// number. At most IOV_MAX per call. -EINVAL for a range outside of the bytes.
ssize_t ReceiveMany(int fd, const Datagrams& datagrams, int flags);

// sendmmsg: sends in order, and returns how many the kernel has accepted; the error if it accepts not even the first. At most IOV_MAX
// per call. -EINVAL for a range outside of the bytes.
ssize_t SendMany(int fd, const Datagrams& datagrams, int flags);

ssize_t Receive(int fd, void* data, size_t length, int flags);
ssize_t ReceiveFrom(int fd, void* data, size_t length, int flags, RawAddress* address);

struct ReceivedMessage {
  RawAddress address;
  std::vector<UniqueFd> fds;     // closed with the message unless released
  std::vector<uint8_t> records;  // the other control messages (core/control.h), if there was room for any
  std::vector<UniqueFd> pidfds;  // those in `records`; closed with the message unless released
  int flags = 0;
};

// What a receive accepts beside bytes.
struct ControlLimits {
  int max_fds = 0;          // 0 to kMostPassedFds; the rest are closed, and MSG_CTRUNC is set
  size_t control_size = 0;  // room for other control messages, up to kMostControlBytes; 0: they are not returned
};

// The largest room for control messages. The kernel limits those that are sent to a fraction of it (net.core.optmem_max).
constexpr size_t kMostControlBytes = 1 << 20;

// Receives into at most IOV_MAX parts. -EINVAL for limits out of range.
ssize_t ReceiveMessage(int fd, const iovec* parts, size_t part_count, const ControlLimits& limits, int flags,
                       ReceivedMessage* message);

}  // namespace selectloop

#endif  // SELECTLOOP_CORE_MESSAGE_OPS_H_

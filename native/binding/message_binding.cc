// Functions that send and receive bytes and descriptors through sockets.
//
// Addresses and arrays are read first and byte ranges last, because reading the former may run JavaScript, after which a pointer into a
// byte array could dangle.

#include <limits.h>

#include <algorithm>

#include "binding/address.h"
#include "binding/arguments.h"
#include "binding/exports.h"
#include "core/message_ops.h"

namespace selectloop {
namespace {

napi_value SendBytes(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const int fd = args.Integer(0, "fd");
  const ByteRange bytes = args.BytesWithin(1);
  const int flags = args.Integer(4, "flags");
  if (args.failed()) return nullptr;
  return args.Result(Send(fd, bytes.data, bytes.length, flags));
}

napi_value SendBytesTo(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const int fd = args.Integer(0, "fd");
  const int flags = args.Integer(4, "flags");
  RawAddress address;
  const int encoded = ReadAddress(&args, 5, &address);
  const ByteRange bytes = args.BytesWithin(1);
  if (args.failed()) return nullptr;
  return args.Result(encoded < 0 ? encoded : SendTo(fd, bytes.data, bytes.length, flags, address));
}

napi_value SendBuffers(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const int fd = args.Integer(0, "fd");
  // Reads one more than the limit, so that too many descriptors get the kernel's -EINVAL instead of being dropped silently.
  const std::vector<int> fds = args.IntegerList(2, "fds", kMostPassedFds + 1);
  const int flags = args.Integer(3, "flags");
  const bool connected = args.IsNull(4);
  RawAddress address;
  const int encoded = connected ? 0 : ReadAddress(&args, 4, &address);
  const std::vector<iovec> parts = args.BytesList(1, "buffers", IOV_MAX);
  const ByteRange control = args.OptionalBytes(5, "control");
  if (args.failed()) return nullptr;
  if (encoded < 0) return args.Result(encoded);
  return args.Result(SendMessage(fd, parts.data(), parts.size(), fds, flags, connected ? nullptr : &address,
                                 {control.data, control.length}));
}

napi_value SendBytesEach(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const uint64_t count = args.Size(1, "count");
  const IntRange calls = args.Integers(0, "calls", 0);
  const ByteRange bytes = args.Bytes(2, "data");
  const size_t given = calls.length / (sizeof(ByteCall) / sizeof(int32_t));
  if (!args.failed() && count > given) args.FailRange("at most as many as there are calls", "count", args.at(1));
  if (args.failed()) return nullptr;
  SendEach(reinterpret_cast<ByteCall*>(calls.data), static_cast<size_t>(count), bytes.data, bytes.length);
  return args.Nothing();
}

napi_value ReceiveBytesEach(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const uint64_t count = args.Size(1, "count");
  const uint64_t least = args.Size(5, "least");
  const IntRange fds = args.Integers(0, "fds", 0);
  const ByteRange bytes = args.BytesWithin(2);
  if (!args.failed() && count > fds.length) args.FailRange("at most as many as there are fds", "count", args.at(1));
  if (args.failed()) return nullptr;
  const size_t tried =
      ReceiveEach(fds.data, static_cast<size_t>(count), bytes.data, bytes.length, static_cast<size_t>(least));
  return args.Result(static_cast<int64_t>(tried));
}

// recvMany and sendMany take (fd, records, first, count, data, addresses, flags).
template <ssize_t (*Operation)(int, const Datagrams&, int)>
napi_value ManyDatagrams(napi_env env, napi_callback_info info) {
  constexpr size_t ints = sizeof(DatagramRecord) / sizeof(int32_t);
  Arguments args(env, info);
  const int fd = args.Integer(0, "fd");
  const uint64_t first = args.Size(2, "first");
  const uint64_t count = args.Size(3, "count");
  const int flags = args.Integer(6, "flags");
  const IntRange records = args.Integers(1, "records", 0);
  const ByteRange bytes = args.Bytes(4, "data");
  const ByteRange addresses = args.Bytes(5, "addresses");
  const size_t given = std::min(records.length / ints, addresses.length / kAddressSlot);
  if (!args.failed() && first > given) args.FailRange("at most as many as there are records", "first", args.at(2));
  if (!args.failed() && count > given - first) {
    args.FailRange("at most as many as there are records", "count", args.at(3));
  }
  if (args.failed()) return nullptr;
  const Datagrams datagrams = {reinterpret_cast<DatagramRecord*>(records.data) + first, static_cast<size_t>(count),
                               bytes.data, bytes.length, addresses.data + first * kAddressSlot};
  return args.Result(Operation(fd, datagrams, flags));
}

napi_value ReceiveBytes(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const int fd = args.Integer(0, "fd");
  const ByteRange bytes = args.BytesWithin(1);
  const int flags = args.Integer(4, "flags");
  if (args.failed()) return nullptr;
  return args.Result(Receive(fd, bytes.data, bytes.length, flags));
}

napi_value ReceiveBytesFrom(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const int fd = args.Integer(0, "fd");
  const ByteRange bytes = args.BytesWithin(1);
  const int flags = args.Integer(4, "flags");
  const napi_value object = args.Object(5, "address");
  if (args.failed()) return nullptr;
  RawAddress address;
  const ssize_t result = ReceiveFrom(fd, bytes.data, bytes.length, flags, &address);
  if (result >= 0 && !WriteAddress(env, object, DecodeAddress(address))) args.FailInternal();
  return args.Result(result);
}

bool SetDescriptors(napi_env env, napi_value object, const std::vector<UniqueFd>& fds) {
  napi_value array;
  if (napi_create_array_with_length(env, fds.size(), &array) != napi_ok) return false;
  for (size_t i = 0; i < fds.size(); ++i) {
    napi_value number;
    if (napi_create_int32(env, fds[i].get(), &number) != napi_ok) return false;
    if (napi_set_element(env, array, static_cast<uint32_t>(i), number) != napi_ok) return false;
  }
  return napi_set_named_property(env, object, "fds", array) == napi_ok;
}

bool SetFlags(napi_env env, napi_value object, int flags) {
  napi_value number;
  return napi_create_int32(env, flags, &number) == napi_ok &&
         napi_set_named_property(env, object, "flags", number) == napi_ok;
}

bool SetControl(napi_env env, napi_value object, const std::vector<uint8_t>& records) {
  if (records.empty()) return true;
  napi_value bytes;
  return napi_create_buffer_copy(env, records.size(), records.data(), nullptr, &bytes) == napi_ok &&
         napi_set_named_property(env, object, "control", bytes) == napi_ok;
}

// The limits `maxFds`, at that index, and `controlSize`.
ControlLimits ReadLimits(Arguments* args, size_t max_fds_index, size_t control_size_index) {
  ControlLimits limits;
  limits.max_fds = args->Integer(max_fds_index, "maxFds");
  if (!args->failed() && (limits.max_fds < 0 || limits.max_fds > kMostPassedFds)) {
    args->FailRange("a number from 0 to 253", "maxFds", args->at(max_fds_index));
  }
  if (args->IsUndefined(control_size_index)) return limits;
  const uint64_t size = args->Size(control_size_index, "controlSize");
  if (!args->failed() && size > kMostControlBytes) {
    args->FailRange("a number from 0 to 1048576", "controlSize", args->at(control_size_index));
  }
  limits.control_size = static_cast<size_t>(size);
  return limits;
}

// Receives, and fills in the JavaScript object.
napi_value ReceiveInto(Arguments* args, int fd, const std::vector<iovec>& parts, const ControlLimits& limits, int flags,
                       napi_value object) {
  const napi_env env = args->env();
  ReceivedMessage message;
  const ssize_t result = ReceiveMessage(fd, parts.data(), parts.size(), limits, flags, &message);
  if (result < 0) return args->Result(result);
  // The descriptors come last: until every field is set, `message` owns them and closes them on failure.
  if (!WriteAddress(env, object, DecodeAddress(message.address)) || !SetFlags(env, object, message.flags) ||
      !SetControl(env, object, message.records) || !SetDescriptors(env, object, message.fds)) {
    args->FailInternal();
    return nullptr;
  }
  for (UniqueFd& received : message.fds) received.Release();
  for (UniqueFd& received : message.pidfds) received.Release();
  return args->Result(result);
}

napi_value ReceiveWithControl(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const int fd = args.Integer(0, "fd");
  const ByteRange bytes = args.BytesWithin(1);
  const ControlLimits limits = ReadLimits(&args, 4, 7);
  const int flags = args.Integer(5, "flags");
  const napi_value object = args.Object(6, "message");
  if (args.failed()) return nullptr;
  return ReceiveInto(&args, fd, {{bytes.data, bytes.length}}, limits, flags, object);
}

napi_value ReceiveIntoBuffers(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const int fd = args.Integer(0, "fd");
  const ControlLimits limits = ReadLimits(&args, 2, 5);
  const int flags = args.Integer(3, "flags");
  const napi_value object = args.Object(4, "message");
  const std::vector<iovec> parts = args.BytesList(1, "buffers", IOV_MAX);
  if (args.failed()) return nullptr;
  return ReceiveInto(&args, fd, parts, limits, flags, object);
}

}  // namespace

void ExportMessages(Napi::Object exports) {
  ExportFunctions(exports, {{"send", SendBytes},
                            {"sendTo", SendBytesTo},
                            {"sendMsg", SendBuffers},
                            {"sendEach", SendBytesEach},
                            {"recvEach", ReceiveBytesEach},
                            {"sendMany", ManyDatagrams<SendMany>},
                            {"recvMany", ManyDatagrams<ReceiveMany>},
                            {"recv", ReceiveBytes},
                            {"recvFrom", ReceiveBytesFrom},
                            {"recvMsg", ReceiveWithControl},
                            {"recvMsgInto", ReceiveIntoBuffers}});
}

}  // namespace selectloop

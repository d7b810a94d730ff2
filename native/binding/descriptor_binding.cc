// Functions for any descriptor, and for eventfds.

#include <limits.h>

#include "binding/addon_data.h"
#include "binding/arguments.h"
#include "binding/exports.h"
#include "core/descriptor_ops.h"
#include "core/wakeup.h"

namespace selectloop {
namespace {

// For functions whose only argument is a descriptor.
template <int (*Operation)(int)>
napi_value OfDescriptor(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const int fd = args.Integer(0, "fd");
  if (args.failed()) return nullptr;
  return args.Result(Operation(fd));
}

napi_value Pipe(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const IntRange pair = args.Integers(0, "pair", 2);
  if (args.failed()) return nullptr;
  const int result = MakePipe(pair.data);
  for (int i = 0; result >= 0 && i < 2; ++i) Created(env, pair.data[i]);
  return args.Result(result);
}

napi_value Dup(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const int fd = args.Integer(0, "fd");
  if (args.failed()) return nullptr;
  return args.Result(Created(env, Duplicate(fd)));
}

napi_value SetNonBlockingFlag(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const int fd = args.Integer(0, "fd");
  const bool non_blocking = args.Boolean(1, "nonBlocking");
  if (args.failed()) return nullptr;
  return args.Result(SetNonBlocking(fd, non_blocking));
}

napi_value Wait(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const int fd = args.Integer(0, "fd");
  const int events = args.Integer(1, "events");
  const double timeout_ms = args.Timeout(2, "timeoutMs");
  if (args.failed()) return nullptr;
  return args.Result(WaitFor(fd, events, timeout_ms));
}

napi_value ReadBytes(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const int fd = args.Integer(0, "fd");
  const ByteRange bytes = args.BytesWithin(1);
  if (args.failed()) return nullptr;
  return args.Result(Read(fd, bytes.data, bytes.length));
}

napi_value WriteBytes(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const int fd = args.Integer(0, "fd");
  const ByteRange bytes = args.BytesWithin(1);
  if (args.failed()) return nullptr;
  return args.Result(Write(fd, bytes.data, bytes.length));
}

napi_value WriteAll(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const int fd = args.Integer(0, "fd");
  const std::vector<iovec> parts = args.BytesList(1, "buffers", IOV_MAX);
  if (args.failed()) return nullptr;
  return args.Result(WriteVector(fd, parts.data(), parts.size()));
}

napi_value CopyFile(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const int out_fd = args.Integer(0, "outFd");
  const int in_fd = args.Integer(1, "inFd");
  const uint64_t offset = args.Size(2, "offset");
  const uint64_t count = args.Size(3, "count");
  if (args.failed()) return nullptr;
  return args.Result(SendFile(out_fd, in_fd, static_cast<int64_t>(offset), count));
}

napi_value EventFd(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  return args.Result(Created(env, CreateEventFd()));
}

}  // namespace

void ExportDescriptors(Napi::Object exports) {
  ExportFunctions(exports, {{"dup", Dup},
                            {"probe", OfDescriptor<Probe>},
                            {"pipe", Pipe},
                            {"setNonBlocking", SetNonBlockingFlag},
                            {"getNonBlocking", OfDescriptor<GetNonBlocking>},
                            {"wait", Wait},
                            {"read", ReadBytes},
                            {"write", WriteBytes},
                            {"writev", WriteAll},
                            {"sendfile", CopyFile},
                            {"eventfd", EventFd},
                            {"notify", OfDescriptor<Notify>},
                            {"drain", OfDescriptor<Drain>}});
}

}  // namespace selectloop

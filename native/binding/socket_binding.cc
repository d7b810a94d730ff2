// Functions for sockets that transfer no data.

#include "binding/addon_data.h"
#include "binding/address.h"
#include "binding/arguments.h"
#include "binding/exports.h"
#include "core/socket_ops.h"
#include "core/unique_fd.h"

namespace selectloop {
namespace {

napi_value Socket(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const int family = args.Integer(0, "family");
  const int type = args.Integer(1, "type");
  const int protocol = args.Integer(2, "protocol");
  if (args.failed()) return nullptr;
  return args.Result(Created(env, CreateSocket(family, type, protocol)));
}

napi_value SocketPair(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const int family = args.Integer(0, "family");
  const int type = args.Integer(1, "type");
  const int protocol = args.Integer(2, "protocol");
  const IntRange pair = args.Integers(3, "pair", 2);
  if (args.failed()) return nullptr;
  const int result = CreateSocketPair(family, type, protocol, pair.data);
  for (int i = 0; result >= 0 && i < 2; ++i) Created(env, pair.data[i]);
  return args.Result(result);
}

// shutdown and listen take a descriptor and a number.
template <int (*Operation)(int, int)>
napi_value WithNumber(napi_env env, napi_callback_info info, const char* name) {
  Arguments args(env, info);
  const int fd = args.Integer(0, "fd");
  const int number = args.Integer(1, name);
  if (args.failed()) return nullptr;
  return args.Result(Operation(fd, number));
}

napi_value ShutdownSocket(napi_env env, napi_callback_info info) { return WithNumber<Shutdown>(env, info, "how"); }
napi_value ListenSocket(napi_env env, napi_callback_info info) { return WithNumber<Listen>(env, info, "backlog"); }

// bind and connect take an address.
template <int (*Operation)(int, const RawAddress&)>
napi_value ToAddress(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const int fd = args.Integer(0, "fd");
  RawAddress address;
  const int encoded = ReadAddress(&args, 1, &address);
  if (args.failed()) return nullptr;
  return args.Result(encoded < 0 ? encoded : Operation(fd, address));
}

// getsockname and getpeername return an address.
template <int (*Operation)(int, RawAddress*)>
napi_value FromAddress(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const int fd = args.Integer(0, "fd");
  const napi_value object = args.Object(1, "address");
  if (args.failed()) return nullptr;
  RawAddress address;
  const int result = Operation(fd, &address);
  if (result >= 0 && !WriteAddress(env, object, DecodeAddress(address))) args.FailInternal();
  return args.Result(result);
}

napi_value AcceptSocket(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const int fd = args.Integer(0, "fd");
  const bool non_blocking = args.Boolean(1, "nonBlocking");
  const bool anonymous = args.IsNull(2);
  const napi_value object = anonymous ? nullptr : args.Object(2, "address");
  if (args.failed()) return nullptr;
  RawAddress address;
  const int result = Accept(fd, non_blocking, anonymous ? nullptr : &address);
  if (result < 0 || anonymous) return args.Result(Created(env, result));
  // A setter of the object may throw. The caller then does not get the descriptor, so it must be closed here.
  UniqueFd accepted(result);
  if (!WriteAddress(env, object, DecodeAddress(address))) args.FailInternal();
  if (args.failed()) return nullptr;
  return args.Result(Created(env, accepted.Release()));
}

napi_value GetOption(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const int fd = args.Integer(0, "fd");
  const int level = args.Integer(1, "level");
  const int option = args.Integer(2, "option");
  const ByteRange value = args.Bytes(3, "value");
  if (args.failed()) return nullptr;
  return args.Result(GetSockOpt(fd, level, option, value.data, value.length));
}

napi_value SetOption(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const int fd = args.Integer(0, "fd");
  const int level = args.Integer(1, "level");
  const int option = args.Integer(2, "option");
  const ByteRange value = args.Bytes(3, "value");
  if (args.failed()) return nullptr;
  return args.Result(SetSockOpt(fd, level, option, value.data, value.length));
}

}  // namespace

void ExportSockets(Napi::Object exports) {
  ExportFunctions(exports, {{"socket", Socket},
                            {"socketpair", SocketPair},
                            {"shutdown", ShutdownSocket},
                            {"bind", ToAddress<Bind>},
                            {"listen", ListenSocket},
                            {"accept", AcceptSocket},
                            {"connect", ToAddress<Connect>},
                            {"getsockname", FromAddress<GetSockName>},
                            {"getpeername", FromAddress<GetPeerName>},
                            {"getsockopt", GetOption},
                            {"setsockopt", SetOption}});
}

}  // namespace selectloop

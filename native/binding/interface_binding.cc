// Functions for network interfaces, multicast groups, and the binary form of addresses.

#include <algorithm>
#include <cstring>

#include "binding/address.h"
#include "binding/arguments.h"
#include "binding/exports.h"
#include "core/interfaces.h"

namespace selectloop {
namespace {

napi_value IndexOfInterface(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const std::string name = args.String(0, "name");
  if (args.failed()) return nullptr;
  return args.Result(InterfaceIndex(name));
}

// Null, with an exception pending, if it cannot be created.
napi_value TextOf(Arguments* args, const std::string& text) {
  napi_value value = nullptr;
  if (napi_create_string_utf8(args->env(), text.data(), text.size(), &value) != napi_ok) args->FailInternal();
  return value;
}

napi_value NameOfInterface(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const uint32_t index = args.Unsigned(0, "index");
  if (args.failed()) return nullptr;
  std::string name;
  const int result = InterfaceName(index, &name);
  return result < 0 ? args.Result(result) : TextOf(&args, name);
}

napi_value AllInterfaces(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  std::vector<Interface> interfaces;
  const int result = ListInterfaces(&interfaces);
  if (result < 0) return args.Result(result);
  const Napi::Array list = Napi::Array::New(env);
  uint32_t count = 0;
  for (const Interface& interface : interfaces) {
    Napi::Object entry = Napi::Object::New(env);
    entry.Set("index", interface.index);
    entry.Set("name", interface.name);
    list.Set(count++, entry);
  }
  return list;
}

napi_value ChangeMembership(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const int fd = args.Integer(0, "fd");
  const bool join = args.Boolean(1, "join");
  const uint32_t index = args.Unsigned(3, "index");
  RawAddress group;
  RawAddress source;
  int encoded = ReadAddress(&args, 2, &group);
  const bool any_source = args.IsNull(4);
  if (encoded == 0 && !any_source) encoded = ReadAddress(&args, 4, &source);
  if (args.failed()) return nullptr;
  if (encoded < 0) return args.Result(encoded);
  return args.Result(ChangeGroup(fd, join, group, index, any_source ? nullptr : &source));
}

// Writes the binary form of an address to `bytes`, as much of it as fits, and returns its size.
napi_value EncodeToBytes(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  RawAddress raw;
  const int encoded = ReadAddress(&args, 0, &raw);
  const ByteRange bytes = args.Bytes(1, "bytes");
  if (args.failed()) return nullptr;
  if (encoded < 0) return args.Result(encoded);
  const size_t count = std::min<size_t>(bytes.length, raw.length);
  if (count > 0) memcpy(bytes.data, &raw.storage, count);
  return args.Result(raw.length);
}

napi_value DecodeFromBytes(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const napi_value object = args.Object(1, "address");
  const ByteRange bytes = args.Bytes(0, "bytes");
  if (args.failed()) return nullptr;
  RawAddress raw;
  raw.length = static_cast<socklen_t>(std::min(bytes.length, sizeof(raw.storage)));
  if (raw.length > 0) memcpy(&raw.storage, bytes.data, raw.length);
  if (!WriteAddress(env, object, DecodeAddress(raw))) args.FailInternal();
  return args.Result(0);
}

}  // namespace

void ExportInterfaces(Napi::Object exports) {
  ExportFunctions(exports, {{"ifNameToIndex", IndexOfInterface},
                            {"ifIndexToName", NameOfInterface},
                            {"ifNameIndex", AllInterfaces},
                            {"changeGroup", ChangeMembership},
                            {"encodeAddress", EncodeToBytes},
                            {"decodeAddress", DecodeFromBytes}});
}

}  // namespace selectloop

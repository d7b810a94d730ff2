#include "binding/address.h"

#include "binding/describe.h"

namespace selectloop {
namespace {

uint16_t ReadPort(Arguments* args, napi_value value) {
  const int32_t port = args->IntegerOf(value, "port");
  if (args->failed() || (port >= 0 && port <= 65535)) return static_cast<uint16_t>(port);
  const std::string message = "expected a port from 0 to 65535, got " + Describe(args->env(), value);
  napi_throw_range_error(args->env(), "ERR_OUT_OF_RANGE", message.c_str());
  args->FailInternal();
  return 0;
}

bool SetNumber(napi_env env, napi_value object, const char* name, uint32_t number) {
  napi_value value;
  return napi_create_uint32(env, number, &value) == napi_ok &&
         napi_set_named_property(env, object, name, value) == napi_ok;
}

// Each byte becomes one character, because a path may have any bytes.
bool SetBytes(napi_env env, napi_value object, const char* name, const std::string& text) {
  napi_value value;
  return napi_create_string_latin1(env, text.data(), text.size(), &value) == napi_ok &&
         napi_set_named_property(env, object, name, value) == napi_ok;
}

}  // namespace

int ReadAddress(Arguments* args, size_t index, RawAddress* raw) {
  const napi_value object = args->Object(index, "address");
  SocketAddress address;
  address.family = args->IntegerOf(args->Property(object, "family"), "family");
  if (address.family == AF_INET || address.family == AF_INET6) {
    address.host = args->StringOf(args->Property(object, "host"), "host");
    address.port = ReadPort(args, args->Property(object, "port"));
  }
  if (address.family == AF_INET6) {
    address.flow_info = args->UnsignedOf(args->Property(object, "flowInfo"), "flowInfo");
    address.scope_id = args->UnsignedOf(args->Property(object, "scopeId"), "scopeId");
  }
  if (address.family != AF_INET && address.family != AF_INET6) {
    address.path = args->ByteStringOf(args->Property(object, "path"), "path");
  }
  return args->failed() ? -EINVAL : EncodeAddress(address, raw);
}

bool WriteAddress(napi_env env, napi_value object, const SocketAddress& address) {
  return SetNumber(env, object, "family", static_cast<uint32_t>(address.family)) &&
         SetBytes(env, object, "host", address.host) && SetNumber(env, object, "port", address.port) &&
         SetNumber(env, object, "flowInfo", address.flow_info) &&
         SetNumber(env, object, "scopeId", address.scope_id) && SetBytes(env, object, "path", address.path);
}

}  // namespace selectloop

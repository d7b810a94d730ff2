// resolve() and the object it returns.

#include <memory>

#include "binding/addon_data.h"
#include "binding/address.h"
#include "binding/arguments.h"
#include "binding/exports.h"
#include "binding/wrapped_class.h"
#include "core/resolver.h"

namespace selectloop {
namespace {

// The class is not exported, but anybody can reach it as `resolution.constructor`. A resolution made that way was never
// started: it has no descriptor and is never ready.
napi_value Construct(napi_env env, napi_callback_info info) {
  if (!CalledWithNew(env, info)) return nullptr;
  Arguments args(env, info);
  if (args.failed()) return nullptr;
  WrapOwned(env, args.this_object(), std::make_unique<Resolution>());
  return args.this_object();
}

napi_value Resolve(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  ResolverQuery query;
  query.host = args.NullableString(0, "host");
  query.service = args.NullableString(1, "service");
  query.family = args.Integer(2, "family");
  query.type = args.Integer(3, "type");
  query.protocol = args.Integer(4, "protocol");
  query.flags = args.Integer(5, "flags");
  if (args.failed()) return nullptr;

  const Napi::Object object = GetAddonData(env)->resolution_class.New({});
  void* resolution = nullptr;
  if (object.IsEmpty() || napi_unwrap(env, object, &resolution) != napi_ok) {
    args.FailInternal();
    return nullptr;
  }
  const int result = static_cast<Resolution*>(resolution)->Start(query);
  return result < 0 ? args.Result(result) : static_cast<napi_value>(object);
}

napi_value Fileno(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  auto* resolution = args.This<Resolution>();
  if (args.failed()) return nullptr;
  return args.Result(resolution->Fileno());
}

napi_value Result(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  auto* resolution = args.This<Resolution>();
  if (args.failed()) return nullptr;
  if (!resolution->Done()) return Napi::Env(env).Null();
  if (resolution->error() != 0) return args.Result(resolution->error());
  Napi::Array list = Napi::Array::New(env);
  uint32_t count = 0;
  for (const ResolvedAddress& resolved : resolution->addresses()) {
    Napi::Object entry = Napi::Object::New(env);
    if (!WriteAddress(env, entry, resolved.address)) {
      args.FailInternal();
      return nullptr;
    }
    entry.Set("type", resolved.type);
    entry.Set("protocol", resolved.protocol);
    entry.Set("canonicalName", resolved.canonical_name);
    list.Set(count++, entry);
  }
  return list;
}

napi_value Close(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  auto* resolution = args.This<Resolution>();
  if (args.failed()) return nullptr;
  resolution->Close();
  return args.Nothing();
}

}  // namespace

void ExportResolver(Napi::Object exports) {
  const napi_env env = exports.Env();
  const napi_value resolution_class =
      DefineClass(env, "Resolution", Construct, {{"fileno", Fileno}, {"result", Result}, {"close", Close}});
  GetAddonData(env)->resolution_class = Napi::Persistent(Napi::Function(env, resolution_class));
  ExportFunctions(exports, {{"resolve", Resolve}});
}

}  // namespace selectloop

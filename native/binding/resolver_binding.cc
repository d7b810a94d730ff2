// resolve() and lookUpName(), and the objects they return.

#include <memory>

#include "binding/addon_data.h"
#include "binding/address.h"
#include "binding/arguments.h"
#include "binding/exports.h"
#include "binding/wrapped_class.h"
#include "core/resolver.h"

namespace selectloop {
namespace {

// The classes are not exported, but a program can reach them as `resolution.constructor`. An object created that way was never started:
// it has no descriptor and is never ready.
template <typename Call>
napi_value Construct(napi_env env, napi_callback_info info) {
  if (!CalledWithNew(env, info)) return nullptr;
  Arguments args(env, info);
  if (args.failed()) return nullptr;
  WrapOwned(env, args.this_object(), std::make_unique<Call>());
  return args.this_object();
}

template <typename Call>
napi_value Fileno(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  auto* call = args.This<Call>();
  if (args.failed()) return nullptr;
  return args.Result(call->Fileno());
}

template <typename Call>
napi_value Close(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  auto* call = args.This<Call>();
  if (args.failed()) return nullptr;
  call->Close();
  return args.Nothing();
}

// Creates the JavaScript object and starts its call with `start(call)`.
template <typename Call, typename Start>
napi_value Begin(Arguments* args, const Napi::FunctionReference& class_of_call, Start start) {
  const Napi::Object object = class_of_call.New({});
  void* call = nullptr;
  if (object.IsEmpty() || napi_unwrap(args->env(), object, &call) != napi_ok) {
    args->FailInternal();
    return nullptr;
  }
  const int result = start(static_cast<Call*>(call));
  return result < 0 ? args->Result(result) : static_cast<napi_value>(object);
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
  return Begin<Resolution>(&args, GetAddonData(env)->resolution_class,
                           [&](Resolution* resolution) { return resolution->Start(query); });
}

napi_value ResolutionResult(napi_env env, napi_callback_info info) {
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

napi_value LookUpName(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  RawAddress address;
  const int bad_address = ReadAddress(&args, 0, &address);
  const int flags = args.Integer(1, "flags");
  if (args.failed()) return nullptr;
  if (bad_address < 0) return args.Result(bad_address);
  return Begin<NameLookup>(&args, GetAddonData(env)->name_lookup_class,
                           [&](NameLookup* lookup) { return lookup->Start(address, flags); });
}

napi_value NameLookupResult(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  auto* lookup = args.This<NameLookup>();
  if (args.failed()) return nullptr;
  if (!lookup->Done()) return Napi::Env(env).Null();
  if (lookup->error() != 0) return args.Result(lookup->error());
  Napi::Object result = Napi::Object::New(env);
  result.Set("host", lookup->host());
  result.Set("service", lookup->service());
  return result;
}

template <typename Call>
Napi::FunctionReference ClassOf(napi_env env, const char* name, napi_callback result) {
  const napi_value defined = DefineClass(
      env, name, Construct<Call>, {{"fileno", Fileno<Call>}, {"result", result}, {"close", Close<Call>}});
  return Napi::Persistent(Napi::Function(env, defined));
}

}  // namespace

void ExportResolver(Napi::Object exports) {
  const napi_env env = exports.Env();
  AddonData* data = GetAddonData(env);
  data->resolution_class = ClassOf<Resolution>(env, "Resolution", ResolutionResult);
  data->name_lookup_class = ClassOf<NameLookup>(env, "NameLookup", NameLookupResult);
  ExportFunctions(exports, {{"resolve", Resolve}, {"lookUpName", LookUpName}});
}

}  // namespace selectloop

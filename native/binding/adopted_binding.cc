// adopt, adoptCreated, disown and close: the descriptors of JavaScript objects, which are closed when the environment ends.

#include "binding/addon_data.h"
#include "binding/arguments.h"
#include "binding/exports.h"
#include "core/closing.h"

namespace selectloop {

AdoptedDescriptors::~AdoptedDescriptors() {
  for (const int fd : descriptors_) CloseDescriptor(fd);
}

namespace {

napi_value Adopt(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const int fd = args.Integer(0, "fd");
  if (args.failed()) return nullptr;
  GetAddonData(env)->adopted.Add(fd);
  return args.Nothing();
}

napi_value Disown(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const int fd = args.Integer(0, "fd");
  if (args.failed()) return nullptr;
  GetAddonData(env)->adopted.Remove(fd);
  return args.Nothing();
}

napi_value AdoptCreated(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  GetAddonData(env)->adopted.AdoptCreated();
  return args.Nothing();
}

napi_value Close(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const int fd = args.Integer(0, "fd");
  if (args.failed()) return nullptr;
  // Before closing, because afterwards the number may belong to another thread.
  GetAddonData(env)->adopted.Remove(fd);
  return args.Result(CloseDescriptor(fd));
}

}  // namespace

void ExportAdoption(Napi::Object exports) {
  ExportFunctions(exports, {{"adopt", Adopt}, {"adoptCreated", AdoptCreated}, {"disown", Disown}, {"close", Close}});
}

}  // namespace selectloop

// Host as a JavaScript class.

#include "binding/arguments.h"
#include "binding/exports.h"
#include "binding/uv_host.h"
#include "binding/wrapped_class.h"

namespace selectloop {
namespace {

// Owned by the JavaScript object; holds one reference to the host, which may live longer.
class HostHolder {
 public:
  explicit HostHolder(napi_env env) : host_(new UvHost(env)) {}
  ~HostHolder() { host_->Release(); }
  HostHolder(const HostHolder&) = delete;
  HostHolder& operator=(const HostHolder&) = delete;

  UvHost* operator->() const { return host_; }

 private:
  UvHost* host_;
};

napi_value Construct(napi_env env, napi_callback_info info) {
  if (!CalledWithNew(env, info)) return nullptr;
  Arguments args(env, info);
  if (args.failed()) return nullptr;
  WrapOwned(env, args.this_object(), std::make_unique<HostHolder>(env));
  return args.this_object();
}

napi_value Start(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  auto* holder = args.This<HostHolder>();
  const napi_value iterate = args.Function(0, "iterate");
  if (args.failed()) return nullptr;
  return args.Result((*holder)->Start(args.this_object(), iterate));
}

napi_value Stop(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  auto* holder = args.This<HostHolder>();
  if (args.failed()) return nullptr;
  (*holder)->Stop();
  return args.Nothing();
}

napi_value SetRef(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  auto* holder = args.This<HostHolder>();
  const bool keep_alive = args.Boolean(0, "keepAlive");
  if (args.failed()) return nullptr;
  (*holder)->SetRef(keep_alive);
  return args.Nothing();
}

napi_value ActiveRequests(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  auto* holder = args.This<HostHolder>();
  if (args.failed()) return nullptr;
  return args.Result((*holder)->ActiveRequests());
}

napi_value BackendFd(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  auto* holder = args.This<HostHolder>();
  if (args.failed()) return nullptr;
  return args.Result((*holder)->BackendFd());
}

}  // namespace

void ExportHost(Napi::Object exports) {
  exports.Set("Host", DefineClass(exports.Env(), "Host", Construct,
                                  {{"start", Start},
                                   {"stop", Stop},
                                   {"setRef", SetRef},
                                   {"activeRequests", ActiveRequests},
                                   {"backendFd", BackendFd}}));
}

}  // namespace selectloop

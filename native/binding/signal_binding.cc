// watchSignal, reinstallSignal and unwatchSignal. The watches of an environment are removed when it ends.

#include "binding/addon_data.h"
#include "binding/arguments.h"
#include "binding/exports.h"
#include "core/signals.h"

namespace selectloop {

SignalWatches::~SignalWatches() {
  for (const Watch& watch : watches_) UnwatchSignal(watch.signal, watch.fd);
}

int SignalWatches::Add(int signal, int fd) {
  const int result = WatchSignal(signal, fd);
  if (result < 0) return result;
  for (const Watch& watch : watches_) {
    if (watch.signal == signal && watch.fd == fd) return result;
  }
  watches_.push_back({signal, fd});
  return result;
}

int SignalWatches::Remove(int signal, int fd) {
  for (size_t i = 0; i < watches_.size(); ++i) {
    if (watches_[i].signal != signal || watches_[i].fd != fd) continue;
    watches_.erase(watches_.begin() + static_cast<std::ptrdiff_t>(i));
    return UnwatchSignal(signal, fd);
  }
  return -ENOENT;
}

namespace {

napi_value Watch(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const int signal = args.Integer(0, "signal");
  const int fd = args.Integer(1, "fd");
  if (args.failed()) return nullptr;
  return args.Result(GetAddonData(env)->signals.Add(signal, fd));
}

napi_value Reinstall(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const int signal = args.Integer(0, "signal");
  if (args.failed()) return nullptr;
  return args.Result(ReinstallSignal(signal));
}

napi_value Unwatch(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const int signal = args.Integer(0, "signal");
  const int fd = args.Integer(1, "fd");
  if (args.failed()) return nullptr;
  return args.Result(GetAddonData(env)->signals.Remove(signal, fd));
}

}  // namespace

void ExportSignals(Napi::Object exports) {
  ExportFunctions(exports, {{"watchSignal", Watch}, {"reinstallSignal", Reinstall}, {"unwatchSignal", Unwatch}});
}

}  // namespace selectloop

// SelectSelector, PollSelector and EpollSelector as JavaScript classes.

#include <memory>

#include "binding/arguments.h"
#include "binding/exports.h"
#include "binding/wrapped_class.h"
#include "core/epoll_wait.h"
#include "core/selector.h"
#include "core/selector_epoll.h"
#include "core/selector_poll.h"
#include "core/selector_select.h"

namespace selectloop {
namespace {

// All three are wrapped as their base class, so that they share these methods.
template <typename Kind>
napi_value Construct(napi_env env, napi_callback_info info) {
  if (!CalledWithNew(env, info)) return nullptr;
  Arguments args(env, info);
  if (args.failed()) return nullptr;
  WrapOwned<Selector>(env, args.this_object(), std::make_unique<Kind>());
  return args.this_object();
}

napi_value Open(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  auto* selector = args.This<Selector>();
  if (args.failed()) return nullptr;
  return args.Result(selector->Open());
}

napi_value Register(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  auto* selector = args.This<Selector>();
  const int fd = args.Integer(0, "fd");
  const int events = args.Integer(1, "events");
  if (args.failed()) return nullptr;
  return args.Result(selector->Register(fd, events));
}

napi_value Modify(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  auto* selector = args.This<Selector>();
  const int fd = args.Integer(0, "fd");
  const int events = args.Integer(1, "events");
  if (args.failed()) return nullptr;
  return args.Result(selector->Modify(fd, events));
}

napi_value Unregister(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  auto* selector = args.This<Selector>();
  const int fd = args.Integer(0, "fd");
  if (args.failed()) return nullptr;
  return args.Result(selector->Unregister(fd));
}

napi_value Select(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  auto* selector = args.This<Selector>();
  const double timeout_ms = args.Timeout(0, "timeoutMs");
  const IntRange ready = args.Integers(1, "ready", 2);
  if (args.failed()) return nullptr;
  return args.Result(selector->Select(timeout_ms, ready.data, ready.length / 2));
}

napi_value Fileno(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  auto* selector = args.This<Selector>();
  if (args.failed()) return nullptr;
  return args.Result(selector->Fileno());
}

napi_value Close(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  auto* selector = args.This<Selector>();
  if (args.failed()) return nullptr;
  selector->Close();
  return args.Nothing();
}

template <typename Kind>
void ExportSelector(Napi::Object exports, const char* name) {
  exports.Set(name, DefineClass(exports.Env(), name, Construct<Kind>,
                                {{"open", Open},
                                 {"register", Register},
                                 {"modify", Modify},
                                 {"unregister", Unregister},
                                 {"select", Select},
                                 {"fileno", Fileno},
                                 {"close", Close}}));
}

}  // namespace

void ExportSelectors(Napi::Object exports) {
  ExportSelector<SelectSelector>(exports, "SelectSelector");
  ExportSelector<PollSelector>(exports, "PollSelector");
  ExportSelector<EpollSelector>(exports, "EpollSelector");
  exports.Set("hasEpollPwait2", Napi::Boolean::New(exports.Env(), HasEpollPwait2()));
}

}  // namespace selectloop

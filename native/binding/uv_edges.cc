// LibuvEdges: an epoll descriptor that becomes readable once for each event in libuv.
//
// A blocking loop does not run libuv, so libuv's own descriptor, once readable, stays readable and would make the loop spin. A second
// epoll that watches it edge-triggered reports each event once. This is enough to bring the thread back to JavaScript, where a
// termination requested by another thread takes effect.

#include <sys/epoll.h>
#include <uv.h>

#include <cerrno>
#include <memory>

#include "binding/arguments.h"
#include "binding/exports.h"
#include "binding/wrapped_class.h"
#include "core/result.h"
#include "core/unique_fd.h"

namespace selectloop {
namespace {

// Closed together with its JavaScript object, and so also when the environment is terminated.
class LibuvEdges {
 public:
  // Returns the descriptor, or -errno.
  int Open(napi_env env) {
    uv_loop_t* loop = nullptr;
    if (napi_get_uv_event_loop(env, &loop) != napi_ok) return -ENOSYS;
    UniqueFd edges(epoll_create1(EPOLL_CLOEXEC));
    if (!edges.valid()) return -errno;
    epoll_event event = {};
    event.events = EPOLLIN | EPOLLET;
    const int result = ResultOf(epoll_ctl(edges.get(), EPOLL_CTL_ADD, uv_backend_fd(loop), &event));
    if (result < 0) return result;
    epoll_ = std::move(edges);
    return epoll_.get();
  }

  // Consumes the events so far.
  int Clear() {
    epoll_event event;
    return ResultOf(epoll_wait(epoll_.get(), &event, 1, 0));
  }

  void Close() { epoll_.Reset(); }

 private:
  UniqueFd epoll_;
};

napi_value Construct(napi_env env, napi_callback_info info) {
  if (!CalledWithNew(env, info)) return nullptr;
  Arguments args(env, info);
  if (args.failed()) return nullptr;
  WrapOwned(env, args.this_object(), std::make_unique<LibuvEdges>());
  return args.this_object();
}

napi_value Open(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  auto* edges = args.This<LibuvEdges>();
  if (args.failed()) return nullptr;
  return args.Result(edges->Open(env));
}

napi_value Clear(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  auto* edges = args.This<LibuvEdges>();
  if (args.failed()) return nullptr;
  return args.Result(edges->Clear());
}

napi_value Close(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  auto* edges = args.This<LibuvEdges>();
  if (args.failed()) return nullptr;
  edges->Close();
  return args.Nothing();
}

}  // namespace

void ExportLibuvEdges(Napi::Object exports) {
  exports.Set("LibuvEdges", DefineClass(exports.Env(), "LibuvEdges", Construct,
                                        {{"open", Open}, {"clear", Clear}, {"close", Close}}));
}

}  // namespace selectloop

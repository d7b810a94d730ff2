#include "binding/uv_host.h"

#include <cerrno>
#include <initializer_list>

namespace selectloop {
namespace {

// The first whose uv_backend_timeout() knows of watchers the kernel has not been told of. Every supported Node has a newer one
// built in; this is about a Node linked with some system's libuv.
constexpr unsigned int kOldestLibuv = 1 << 16 | 44 << 8;

}  // namespace

int UvHost::Start(napi_value self, napi_value iterate) {
  if (started_) return -EALREADY;
  if (closing_) return -ECANCELED;  // the environment is ending
  const int result = InitHandles();
  if (result < 0) return result;

  // A new context for each start, so that AsyncLocalStorage inside `iterate` is that of whoever started the host.
  napi_value name;
  if (napi_create_string_utf8(env_, "selectloop", NAPI_AUTO_LENGTH, &name) != napi_ok ||
      napi_async_init(env_, nullptr, name, &context_) != napi_ok) {
    context_ = nullptr;
    return -ENOMEM;
  }
  started_ = true;
  if (napi_create_reference(env_, self, 1, &self_) != napi_ok ||
      napi_create_reference(env_, iterate, 1, &iterate_) != napi_ok) {
    Stop();
    return -ENOMEM;
  }
  uv_check_start(&check_, OnCheck);
  uv_idle_start(&idle_, OnIdle);
  SetRef(true);
  return 0;
}

void UvHost::Stop() {
  if (!started_) return;
  started_ = false;
  uv_check_stop(&check_);
  uv_idle_stop(&idle_);
  if (self_ != nullptr) napi_delete_reference(env_, self_);
  if (iterate_ != nullptr) napi_delete_reference(env_, iterate_);
  // Called from within `iterate`, Node is still using the context; Iterate() destroys it then.
  if (!iterating_) napi_async_destroy(env_, context_);
  self_ = nullptr;
  iterate_ = nullptr;
  context_ = nullptr;
}

void UvHost::SetRef(bool keep_alive) {
  if (!initialized_ || closing_) return;
  for (uv_handle_t* handle : {reinterpret_cast<uv_handle_t*>(&check_), reinterpret_cast<uv_handle_t*>(&idle_)}) {
    if (keep_alive) {
      uv_ref(handle);
    } else {
      uv_unref(handle);
    }
  }
}

int UvHost::BackendFd() const {
  uv_loop_t* loop = nullptr;
  return napi_get_uv_event_loop(env_, &loop) == napi_ok ? uv_backend_fd(loop) : -1;
}

int UvHost::ActiveRequests() const { return loop_ == nullptr ? 0 : static_cast<int>(loop_->active_reqs.count); }

int UvHost::InitHandles() {
  if (initialized_) return 0;
  if (uv_version() < kOldestLibuv) return -ENOSYS;
  if (napi_get_uv_event_loop(env_, &loop_) != napi_ok) return -ENOSYS;
  // The hook first: it is the part that can fail. Node waits for an asynchronous hook until it is removed, so the handles get
  // the turns of libuv they need to close before the environment goes.
  if (napi_add_async_cleanup_hook(env_, OnEnvironmentEnds, this, &cleanup_hook_) != napi_ok) return -ENOMEM;
  uv_check_init(loop_, &check_);
  uv_idle_init(loop_, &idle_);
  check_.data = this;
  idle_.data = this;
  initialized_ = true;
  holders_ += 2;
  return 0;
}

void UvHost::OnCheck(uv_check_t* handle) {
  auto* host = static_cast<UvHost*>(handle->data);
  if (host->iterating_) return;
  ++host->holders_;  // `iterate` may drop the last one
  host->RunIterations();
  host->Unhold();
}

// Several iterations of ours in one of libuv's: going back is needed only when libuv has something to do, and each return
// costs an epoll_wait that finds nothing.
//
// What libuv has to do includes telling the kernel of new watchers. After a net.connect() in a task the socket only stands in
// a queue (loop->watcher_queue) until uv_run() adds it to the epoll set; waiting for libuv's descriptor before that would wait
// for the one thing that cannot happen. uv_backend_timeout() answers 0 while that queue is not empty, but only since libuv
// 1.44, see kOldestLibuv.
void UvHost::RunIterations() {
  Outcome outcome = Outcome::kGoOn;
  do {
    // While our idle handle is active libuv always answers 0: that is what idle handles are for.
    uv_idle_stop(&idle_);
    outcome = Iterate(uv_backend_timeout(loop_));
    // libuv's clock stood still while we waited. Without this a setTimeout in a task counts from before the wait, and fires
    // early by its length.
    uv_update_time(loop_);
  } while (started_ && outcome == Outcome::kGoOn && uv_backend_timeout(loop_) != 0);
  if (started_) uv_idle_start(&idle_, OnIdle);
}

UvHost::Outcome UvHost::Iterate(int timeout_ms) {
  napi_handle_scope scope;
  if (napi_open_handle_scope(env_, &scope) != napi_ok) return Outcome::kReturnToLibuv;
  const napi_async_context context = context_;
  bool libuv_is_ready = true;  // also the answer when `iterate` returns no boolean: going back is always right
  napi_value self, iterate, timeout, answer;
  napi_status status = napi_get_reference_value(env_, self_, &self);
  if (status == napi_ok) status = napi_get_reference_value(env_, iterate_, &iterate);
  // libuv's -1 becomes null here: what JavaScript calls a wait without a limit.
  if (status == napi_ok) {
    status = timeout_ms < 0 ? napi_get_null(env_, &timeout) : napi_create_int32(env_, timeout_ms, &timeout);
  }
  if (status == napi_ok) {
    iterating_ = true;
    // At callback depth 0: process.nextTick and microtasks drain before this returns.
    status = napi_make_callback(env_, context, self, iterate, 1, &timeout, &answer);
    iterating_ = false;
  }
  if (status == napi_ok) {
    napi_get_value_bool(env_, answer, &libuv_is_ready);
  } else {
    // Either it threw, or the environment is ending (process.exit, worker.terminate) and no JavaScript can run: libuv, to
    // which we return, then learns it from a handle of Node's.
    ReportException();
  }
  if (context_ != context) napi_async_destroy(env_, context);
  napi_close_handle_scope(env_, scope);
  return libuv_is_ready ? Outcome::kReturnToLibuv : Outcome::kGoOn;
}

void UvHost::ReportException() {
  bool pending = false;
  napi_value error;
  if (napi_is_exception_pending(env_, &pending) == napi_ok && pending &&
      napi_get_and_clear_last_exception(env_, &error) == napi_ok) {
    napi_fatal_exception(env_, error);
  }
}

void UvHost::OnEnvironmentEnds(napi_async_cleanup_hook_handle, void* host) {
  static_cast<UvHost*>(host)->CloseHandles();
}

void UvHost::Release() {
  CloseHandles();
  Unhold();
}

void UvHost::CloseHandles() {
  Stop();
  if (closing_) return;
  closing_ = true;
  if (!initialized_) return;
  uv_close(reinterpret_cast<uv_handle_t*>(&check_), OnClosed);
  uv_close(reinterpret_cast<uv_handle_t*>(&idle_), OnClosed);
}

void UvHost::OnClosed(uv_handle_t* handle) {
  auto* host = static_cast<UvHost*>(handle->data);
  // The second of the two: the environment may go now. `initialized_` tells them apart.
  if (!host->initialized_) {
    napi_remove_async_cleanup_hook(host->cleanup_hook_);
    host->cleanup_hook_ = nullptr;
  }
  host->initialized_ = false;
  host->Unhold();
}

void UvHost::Unhold() {
  if (--holders_ == 0) delete this;
}

}  // namespace selectloop

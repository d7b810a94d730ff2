#include "binding/uv_host.h"

#include <cerrno>
#include <initializer_list>

namespace selectloop {
namespace {

// The first version whose uv_backend_timeout() accounts for watchers that are not yet registered in the kernel. Every supported Node
// bundles a newer one; this guards against a Node that is linked with an old libuv of the system.
constexpr unsigned int kOldestLibuv = 1 << 16 | 44 << 8;

}  // namespace

int UvHost::Start(napi_value self, napi_value iterate) {
  if (started_) return -EALREADY;
  if (closing_) return -ECANCELED;  // the environment is ending
  const int result = InitHandles();
  if (result < 0) return result;

  // A new context for each start, so that AsyncLocalStorage in `iterate` is that of the caller that started the host.
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
  // If called from within `iterate`, Node is still using the context, and Iterate() destroys it later.
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
  // The hook first, because it can fail. Node waits until an asynchronous hook is removed, so libuv has time to close the handles before
  // the environment ends.
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
  ++host->holders_;  // `iterate` may release the last reference
  host->RunIterations();
  host->Unhold();
}

// Runs several of our iterations within one of libuv's, because each return to libuv costs an epoll_wait that finds nothing. Returns only
// when libuv has work.
//
// That work includes registering new watchers in the kernel. After a net.connect() in a task, the socket is only in a queue
// (loop->watcher_queue) until uv_run() adds it to the epoll set; until then, its events would not make libuv's descriptor readable.
// uv_backend_timeout() returns 0 while that queue is not empty, since libuv 1.44 (see kOldestLibuv).
void UvHost::RunIterations() {
  Outcome outcome = Outcome::kGoOn;
  do {
    // While our idle handle is active, uv_backend_timeout() always returns 0.
    uv_idle_stop(&idle_);
    outcome = Iterate(uv_backend_timeout(loop_));
    // libuv's clock is not updated while we wait. Without this, a setTimeout in a task would count from before the wait, and fire too
    // early by the length of the wait.
    uv_update_time(loop_);
  } while (started_ && outcome == Outcome::kGoOn && uv_backend_timeout(loop_) != 0);
  if (started_) uv_idle_start(&idle_, OnIdle);
}

UvHost::Outcome UvHost::Iterate(int timeout_ms) {
  napi_handle_scope scope;
  if (napi_open_handle_scope(env_, &scope) != napi_ok) return Outcome::kReturnToLibuv;
  const napi_async_context context = context_;
  bool libuv_is_ready = true;  // also if `iterate` does not return a boolean: returning to libuv is always safe
  napi_value self, iterate, timeout, answer;
  napi_status status = napi_get_reference_value(env_, self_, &self);
  if (status == napi_ok) status = napi_get_reference_value(env_, iterate_, &iterate);
  // libuv's -1 becomes null here: what JavaScript calls a wait without a limit.
  if (status == napi_ok) {
    status = timeout_ms < 0 ? napi_get_null(env_, &timeout) : napi_create_int32(env_, timeout_ms, &timeout);
  }
  if (status == napi_ok) {
    iterating_ = true;
    // Runs at callback depth 0, so process.nextTick and microtasks drain before this returns.
    status = napi_make_callback(env_, context, self, iterate, 1, &timeout, &answer);
    iterating_ = false;
  }
  if (status == napi_ok) {
    napi_get_value_bool(env_, answer, &libuv_is_ready);
  } else {
    // Either it threw, or the environment is ending (process.exit, worker.terminate) and no JavaScript can run. In the latter case we
    // return to libuv, where a handle of Node stops the loop.
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
  // At the second of the two handles, which `initialized_` distinguishes, the environment may end.
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

// Runs our loop inside libuv's (docs/architecture.md, "Two ways to run").
//
// libuv's backend descriptor is registered in our selector, so any event that would wake libuv wakes our loop, and our select does all
// the waiting. This takes two handles: the idle handle keeps libuv from blocking, and the check handle calls our loop right after libuv
// has polled its descriptors.
//
// Invariants:
// - Everything runs on the thread of the environment.
// - libuv writes to its handles until their close callbacks have run, so a UvHost may outlive its JavaScript object and the clean-up of
//   the environment. It is reference-counted, and deletes itself when the last reference is released.
// - uv_run is never nested.

#ifndef SELECTLOOP_BINDING_UV_HOST_H_
#define SELECTLOOP_BINDING_UV_HOST_H_

#include <node_api.h>
#include <uv.h>

namespace selectloop {

class UvHost {
 public:
  // The caller gets the first reference.
  explicit UvHost(napi_env env) : env_(env) {}

  // 0 or -errno. `self` is the JavaScript object, which is kept alive until Stop() and is the receiver of `iterate`.
  int Start(napi_value self, napi_value iterate);
  void Stop();
  void SetRef(bool keep_alive);
  int BackendFd() const;
  // The number of libuv's requests in flight; 0 before the first start.
  int ActiveRequests() const;

  // Releases the caller's reference: stops, closes the handles, and frees the host once libuv has closed them.
  void Release();

 private:
  enum class Outcome { kGoOn, kReturnToLibuv };

  ~UvHost() = default;

  static void OnIdle(uv_idle_t*) {}
  static void OnCheck(uv_check_t* handle);
  static void OnClosed(uv_handle_t* handle);
  static void OnEnvironmentEnds(napi_async_cleanup_hook_handle, void* host);

  int InitHandles();
  void RunIterations();
  Outcome Iterate(int timeout_ms);
  void ReportException();
  void CloseHandles();
  void Unhold();

  napi_env env_;
  uv_loop_t* loop_ = nullptr;
  uv_check_t check_;
  uv_idle_t idle_;
  napi_async_cleanup_hook_handle cleanup_hook_ = nullptr;

  // Set between Start() and Stop().
  bool started_ = false;
  napi_ref self_ = nullptr;
  napi_ref iterate_ = nullptr;
  napi_async_context context_ = nullptr;

  bool initialized_ = false;  // libuv uses the handles until they are closed
  bool closing_ = false;
  bool iterating_ = false;
  int holders_ = 1;  // references: the JavaScript object, each handle, and a running check callback
};

}  // namespace selectloop

#endif  // SELECTLOOP_BINDING_UV_HOST_H_

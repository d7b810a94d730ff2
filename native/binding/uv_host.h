// Living inside libuv: how our loop runs as a part of Node's (design: "Two ways to run, one loop").
//
// libuv's backend descriptor is registered in our selector, so anything that wakes libuv wakes us; in return our select does
// all the waiting. That takes two handles: the idle handle keeps libuv from blocking, the check handle gives us the thread
// right after libuv has looked at its descriptors.
//
// Invariants:
// - All of it happens on the environment's own thread.
// - libuv writes to its handles until their close callbacks have run, so a UvHost outlives both its JavaScript object and the
//   environment's clean-up: it deletes itself when nobody holds it any more.
// - uv_run is never nested.

#ifndef SELECTLOOP_BINDING_UV_HOST_H_
#define SELECTLOOP_BINDING_UV_HOST_H_

#include <node_api.h>
#include <uv.h>

namespace selectloop {

class UvHost {
 public:
  // Held once, by the caller.
  explicit UvHost(napi_env env) : env_(env) {}

  // 0 or -errno. `self` is the JavaScript host, kept alive until Stop(); it is the receiver of `iterate`.
  int Start(napi_value self, napi_value iterate);
  void Stop();
  void SetRef(bool keep_alive);
  int BackendFd() const;
  // The number of libuv's requests in flight; 0 before the first start.
  int ActiveRequests() const;

  // The holder lets go. Stops, closes the handles, and frees the host once libuv is done with them.
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

  bool initialized_ = false;  // the handles are libuv's until they are closed
  bool closing_ = false;
  bool iterating_ = false;
  int holders_ = 1;  // the JavaScript object, each handle, and a running check callback
};

}  // namespace selectloop

#endif  // SELECTLOOP_BINDING_UV_HOST_H_

// A blocking call on a separate thread, with a descriptor that becomes readable when the call has returned.
//
// Invariant: the thread and the BackgroundCall share only reference-counted state, so the thread may outlive the BackgroundCall, the
// loop and the whole Node environment. A query to a name server cannot be cancelled and may take a minute.

#ifndef SELECTLOOP_CORE_BACKGROUND_CALL_H_
#define SELECTLOOP_CORE_BACKGROUND_CALL_H_

#include <functional>
#include <memory>

namespace selectloop {

// Runs `work` on a detached thread, with all signals blocked. 0 or -errno; on error `work` is not run.
int RunDetached(std::function<void()> work);

class BackgroundCall {
 public:
  BackgroundCall() = default;
  ~BackgroundCall() { Close(); }
  BackgroundCall(const BackgroundCall&) = delete;
  BackgroundCall& operator=(const BackgroundCall&) = delete;

  // 0 or -errno. Call it only once. The results of `work` may be read once Done() is true.
  int Start(std::function<void()> work);

  // A descriptor that is readable when done; -EBADF before Start() and after Close(). The BackgroundCall owns it.
  int Fileno() const;
  bool Done() const;
  void Close();

 private:
  struct State;

  std::shared_ptr<State> state_;
};

}  // namespace selectloop

#endif  // SELECTLOOP_CORE_BACKGROUND_CALL_H_

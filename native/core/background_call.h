// One blocking call on a thread of its own, with a descriptor that becomes readable when it has returned.
//
// Invariant: the thread shares nothing with its asker but a reference-counted state, so it may outlive the BackgroundCall, the
// loop and the whole Node environment (a call to a name server cannot be cancelled and may take a minute).

#ifndef SELECTLOOP_CORE_BACKGROUND_CALL_H_
#define SELECTLOOP_CORE_BACKGROUND_CALL_H_

#include <functional>
#include <memory>

namespace selectloop {

// Runs `work` on a thread that nobody joins, with all signals blocked. 0 or -errno; then `work` was not run.
int RunDetached(std::function<void()> work);

class BackgroundCall {
 public:
  BackgroundCall() = default;
  ~BackgroundCall() { Close(); }
  BackgroundCall(const BackgroundCall&) = delete;
  BackgroundCall& operator=(const BackgroundCall&) = delete;

  // 0 or -errno. To be called once. What `work` writes may be read once Done().
  int Start(std::function<void()> work);

  // Readable when done; -EBADF before Start() and after Close(). Owned by the call.
  int Fileno() const;
  bool Done() const;
  void Close();

 private:
  struct State;

  std::shared_ptr<State> state_;
};

}  // namespace selectloop

#endif  // SELECTLOOP_CORE_BACKGROUND_CALL_H_

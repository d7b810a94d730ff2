#include "core/background_call.h"

#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <cerrno>
#include <mutex>
#include <utility>

#include "core/unique_fd.h"
#include "core/wakeup.h"

namespace selectloop {
namespace {

void* RunWork(void* argument) {
  const std::unique_ptr<std::function<void()>> work(static_cast<std::function<void()>*>(argument));
  (*work)();
  return nullptr;
}

}  // namespace

int RunDetached(std::function<void()> work) {
  auto argument = std::make_unique<std::function<void()>>(std::move(work));
  pthread_attr_t attributes;
  int error = pthread_attr_init(&attributes);
  if (error != 0) return -error;
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  // The new thread inherits the mask. Signals must be delivered to other threads, whose handlers expect them.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  error = pthread_create(&thread, &attributes, RunWork, argument.get());
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  if (error == 0) argument.release();  // the thread owns it now
  return -error;
}

struct BackgroundCall::State {
  std::atomic<bool> done{false};

  // Keeps the thread from writing to a number that Close() has released and that has been reused.
  std::mutex mutex;
  UniqueFd notifier;
};

int BackgroundCall::Start(std::function<void()> work) {
  auto state = std::make_shared<State>();
  const int notifier = CreateEventFd();
  if (notifier < 0) return notifier;
  state->notifier.Reset(notifier);
  const int result = RunDetached([state, work = std::move(work)] {
    work();
    state->done.store(true);
    const std::lock_guard<std::mutex> lock(state->mutex);
    if (state->notifier.valid()) Notify(state->notifier.get());
  });
  if (result == 0) state_ = std::move(state);
  return result;
}

int BackgroundCall::Fileno() const { return state_ && state_->notifier.valid() ? state_->notifier.get() : -EBADF; }

bool BackgroundCall::Done() const { return state_ && state_->done.load(); }

void BackgroundCall::Close() {
  if (!state_) return;
  const std::lock_guard<std::mutex> lock(state_->mutex);
  state_->notifier.Reset();
}

}  // namespace selectloop

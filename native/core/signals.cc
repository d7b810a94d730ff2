#include "core/signals.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <mutex>

#include "core/descriptor_ops.h"

namespace selectloop {
namespace {

using PlainHandler = void (*)(int);
using InfoHandler = void (*)(int, siginfo_t*, void*);

constexpr int kNotWatched = -1;

// The data that the handler reads. It is atomic because the handler may interrupt a thread that holds the lock below. The fields are set
// before our handler is installed, and `previous_...` is kept after it is removed, so that a handler that is still running sees valid
// values.
struct Watch {
  std::atomic<int> fd{kNotWatched};
  std::atomic<PlainHandler> previous_plain{nullptr};
  std::atomic<InfoHandler> previous_info{nullptr};
};

static_assert(std::atomic<int>::is_always_lock_free && std::atomic<PlainHandler>::is_always_lock_free,
              "a lock in a signal handler is a deadlock");

Watch g_watches[NSIG];

// Only used with the lock held, never by the handler.
std::mutex g_mutex;
struct sigaction g_replaced[NSIG];

void OnSignal(int signal, siginfo_t* info, void* context) {
  const int saved_errno = errno;  // the interrupted code may be about to read it
  Watch& watch = g_watches[signal];
  const int fd = watch.fd.load();
  if (fd != kNotWatched) {
    const unsigned char number = static_cast<unsigned char>(signal);
    // If the pipe is full, the loop has not read the earlier signals yet and will wake anyway. Other errors cannot be handled here.
    const ssize_t ignored = write(fd, &number, 1);
    static_cast<void>(ignored);
  }
  // libuv's handler, if process.on('SIGINT') was called first: both must get the signal.
  if (const InfoHandler previous = watch.previous_info.load()) {
    previous(signal, info, context);
  } else if (const PlainHandler plain = watch.previous_plain.load()) {
    plain(signal);
  }
  errno = saved_errno;
}

bool IsOurs(const struct sigaction& action) {
  return (action.sa_flags & SA_SIGINFO) != 0 && action.sa_sigaction == OnSignal;
}

void RememberPrevious(const struct sigaction& action, Watch* watch) {
  const bool info = (action.sa_flags & SA_SIGINFO) != 0;
  // A one-shot handler implements the default action: Node's handler for SIGINT and SIGTERM restores the terminal and raises the signal
  // again to end the process. Called from ours, it would only raise ours again, indefinitely.
  const bool one_shot = (action.sa_flags & static_cast<int>(SA_RESETHAND)) != 0;
  // libuv's handler has SA_RESTART, as handlers set by signal(2) do. A handler without it is Node's own for SIGUSR1, which opens the
  // debugger: process.on('SIGUSR1') replaces that one, and so do we.
  const bool restarts = (action.sa_flags & SA_RESTART) != 0;
  const bool callable = restarts && !one_shot && (info || (action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN));
  watch->previous_info.store(callable && info ? action.sa_sigaction : nullptr);
  watch->previous_plain.store(callable && !info ? action.sa_handler : nullptr);
}

// Installs our handler unless it is installed. The lock must be held and `watch->fd` set.
int Install(int signal, Watch* watch) {
  struct sigaction current;
  if (sigaction(signal, nullptr, &current) < 0) return -errno;
  // Either the signal is watched already, or other code saved our handler and has restored it since. The handler that it calls is still
  // remembered.
  if (IsOurs(current)) return 0;
  RememberPrevious(current, watch);
  g_replaced[signal] = current;

  struct sigaction ours = {};
  ours.sa_sigaction = OnSignal;
  ours.sa_flags = SA_SIGINFO | SA_ONSTACK;
  // Blocks all other signals during the handler: libuv's handler, which ours may call, takes a lock and relies on this.
  sigfillset(&ours.sa_mask);
  return sigaction(signal, &ours, nullptr) < 0 ? -errno : 0;
}

}  // namespace

int WatchSignal(int signal, int fd) {
  if (signal < 1 || signal >= NSIG || signal == SIGKILL || signal == SIGSTOP) return -EINVAL;
  const int open = Probe(fd);
  if (open < 0) return open;

  const std::lock_guard<std::mutex> lock(g_mutex);
  Watch& watch = g_watches[signal];
  const int watcher = watch.fd.load();
  if (watcher != kNotWatched && watcher != fd) return -EBUSY;
  watch.fd.store(fd);
  const int result = Install(signal, &watch);
  if (result < 0) watch.fd.store(watcher);
  return result;
}

int ReinstallSignal(int signal) {
  if (signal < 1 || signal >= NSIG) return -EINVAL;
  const std::lock_guard<std::mutex> lock(g_mutex);
  Watch& watch = g_watches[signal];
  return watch.fd.load() == kNotWatched ? 0 : Install(signal, &watch);
}

int UnwatchSignal(int signal, int fd) {
  if (signal < 1 || signal >= NSIG) return -EINVAL;
  const std::lock_guard<std::mutex> lock(g_mutex);
  Watch& watch = g_watches[signal];
  if (fd < 0 || watch.fd.load() != fd) return -ENOENT;
  // If another handler has replaced ours, leave it installed; it may call ours, which without a descriptor only passes the signal on.
  struct sigaction current;
  if (sigaction(signal, nullptr, &current) == 0 && IsOurs(current)) sigaction(signal, &g_replaced[signal], nullptr);
  watch.fd.store(kNotWatched);
  return 0;
}

}  // namespace selectloop

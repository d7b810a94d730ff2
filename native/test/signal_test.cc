// Signals arrive as bytes, and earlier handlers are still called.

#include <signal.h>

#include <cerrno>

#include "check.h"
#include "channel.h"
#include "core/signals.h"

namespace selectloop {
namespace {

volatile sig_atomic_t g_heard = 0;

void Hear(int) { ++g_heard; }

int ReadByte(int fd) {
  unsigned char byte;
  return read(fd, &byte, 1) == 1 ? byte : -errno;
}

// As signal(2) installs it, with SA_RESTART. ThreadSanitizer's signal(2) leaves that flag out, which would make `handler` look like one
// that implements a default action.
void Handle(int signal, void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  Must(sigaction(signal, &action, nullptr) == 0);
}

struct sigaction Current(int signal) {
  struct sigaction action;
  sigaction(signal, nullptr, &action);
  return action;
}

TEST("a signal becomes a byte, and unwatching restores the former disposition") {
  const Channel pipe = MakePipePair();
  signal(SIGUSR1, SIG_IGN);
  CHECK_EQ(WatchSignal(SIGUSR1, pipe.b.get()), 0);
  CHECK_EQ(WatchSignal(SIGUSR1, pipe.b.get()), 0);
  raise(SIGUSR1);
  CHECK_EQ(ReadByte(pipe.a.get()), SIGUSR1);
  CHECK_EQ(ReadByte(pipe.a.get()), -EAGAIN);
  CHECK_EQ(UnwatchSignal(SIGUSR1, pipe.b.get()), 0);
  CHECK(Current(SIGUSR1).sa_handler == SIG_IGN);
  CHECK_EQ(UnwatchSignal(SIGUSR1, pipe.b.get()), -ENOENT);
}

TEST("an earlier handler is still called, and errno is preserved") {
  const Channel pipe = MakePipePair();
  g_heard = 0;
  Handle(SIGUSR1, Hear);
  WatchSignal(SIGUSR1, pipe.b.get());
  errno = 77;
  raise(SIGUSR1);
  CHECK_EQ(errno, 77);
  CHECK_EQ(static_cast<int>(g_heard), 1);
  CHECK_EQ(ReadByte(pipe.a.get()), SIGUSR1);
  UnwatchSignal(SIGUSR1, pipe.b.get());
  CHECK(Current(SIGUSR1).sa_handler == Hear);
}

TEST("a handler that implements a default action is not called") {
  for (const int flags : {0, static_cast<int>(SA_RESTART | SA_RESETHAND)}) {  // Node's for SIGUSR1, and for SIGINT
    const Channel pipe = MakePipePair();
    g_heard = 0;
    struct sigaction action = {};
    action.sa_handler = Hear;
    action.sa_flags = flags;
    sigaction(SIGUSR1, &action, nullptr);
    WatchSignal(SIGUSR1, pipe.b.get());
    raise(SIGUSR1);
    CHECK_EQ(static_cast<int>(g_heard), 0);
    CHECK_EQ(ReadByte(pipe.a.get()), SIGUSR1);
    UnwatchSignal(SIGUSR1, pipe.b.get());
    CHECK(Current(SIGUSR1).sa_handler == Hear);
    signal(SIGUSR1, SIG_DFL);
  }
}

TEST("a signal has one watcher at a time") {
  const Channel first = MakePipePair();
  const Channel second = MakePipePair();
  CHECK_EQ(WatchSignal(SIGUSR2, first.b.get()), 0);
  CHECK_EQ(WatchSignal(SIGUSR2, second.b.get()), -EBUSY);
  CHECK_EQ(UnwatchSignal(SIGUSR2, second.b.get()), -ENOENT);
  CHECK_EQ(UnwatchSignal(SIGUSR2, first.b.get()), 0);
  CHECK_EQ(WatchSignal(SIGUSR2, second.b.get()), 0);
  CHECK_EQ(UnwatchSignal(SIGUSR2, second.b.get()), 0);
}

TEST("a handler that has replaced ours stays installed") {
  const Channel pipe = MakePipePair();
  signal(SIGUSR1, SIG_DFL);
  WatchSignal(SIGUSR1, pipe.b.get());
  Handle(SIGUSR1, Hear);
  CHECK_EQ(UnwatchSignal(SIGUSR1, pipe.b.get()), 0);
  CHECK(Current(SIGUSR1).sa_handler == Hear);
}

TEST("watching again reinstalls our handler over another one or a default") {
  const Channel pipe = MakePipePair();
  g_heard = 0;
  signal(SIGUSR1, SIG_IGN);
  CHECK_EQ(WatchSignal(SIGUSR1, pipe.b.get()), 0);
  Handle(SIGUSR1, Hear);
  CHECK_EQ(WatchSignal(SIGUSR1, pipe.b.get()), 0);
  raise(SIGUSR1);
  CHECK_EQ(ReadByte(pipe.a.get()), SIGUSR1);
  CHECK_EQ(static_cast<int>(g_heard), 1);
  signal(SIGUSR1, SIG_DFL);
  CHECK_EQ(WatchSignal(SIGUSR1, pipe.b.get()), 0);
  raise(SIGUSR1);
  CHECK_EQ(ReadByte(pipe.a.get()), SIGUSR1);
  CHECK_EQ(static_cast<int>(g_heard), 1);
  CHECK_EQ(UnwatchSignal(SIGUSR1, pipe.b.get()), 0);
  CHECK(Current(SIGUSR1).sa_handler == SIG_DFL);
}

TEST("ReinstallSignal reinstalls our handler over another one or a default") {
  const Channel pipe = MakePipePair();
  g_heard = 0;
  signal(SIGUSR1, SIG_DFL);
  CHECK_EQ(ReinstallSignal(SIGUSR1), 0);  // not watched: left alone
  CHECK(Current(SIGUSR1).sa_handler == SIG_DFL);
  CHECK_EQ(WatchSignal(SIGUSR1, pipe.b.get()), 0);
  Handle(SIGUSR1, Hear);
  CHECK_EQ(ReinstallSignal(SIGUSR1), 0);
  raise(SIGUSR1);
  CHECK_EQ(ReadByte(pipe.a.get()), SIGUSR1);
  CHECK_EQ(static_cast<int>(g_heard), 1);
  signal(SIGUSR1, SIG_DFL);
  CHECK_EQ(ReinstallSignal(SIGUSR1), 0);
  raise(SIGUSR1);
  CHECK_EQ(ReadByte(pipe.a.get()), SIGUSR1);
  CHECK_EQ(static_cast<int>(g_heard), 1);
  CHECK_EQ(UnwatchSignal(SIGUSR1, pipe.b.get()), 0);
  CHECK(Current(SIGUSR1).sa_handler == SIG_DFL);
  CHECK_EQ(ReinstallSignal(0), -EINVAL);
}

TEST("signals that cannot be caught are refused") {
  const Channel pipe = MakePipePair();
  for (const int number : {SIGKILL, SIGSTOP, 0, -1, 9999}) CHECK_EQ(WatchSignal(number, pipe.b.get()), -EINVAL);
  CHECK_EQ(WatchSignal(SIGUSR1, -1), -EBADF);
  CHECK_EQ(UnwatchSignal(SIGUSR1, -1), -ENOENT);
}

TEST("a full pipe is harmless") {
  const Channel pipe = MakePipePair();
  while (write(pipe.b.get(), "0123456789abcdef", 16) > 0) continue;
  signal(SIGUSR1, SIG_IGN);
  WatchSignal(SIGUSR1, pipe.b.get());
  raise(SIGUSR1);
  CHECK_EQ(UnwatchSignal(SIGUSR1, pipe.b.get()), 0);
}

}  // namespace
}  // namespace selectloop

TEST_MAIN

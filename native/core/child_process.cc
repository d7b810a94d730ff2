#include "core/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <utility>

#include "core/background_call.h"
#include "core/result.h"

#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x00001000
#endif
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif
// System call numbers for older C libraries; they are the same on every architecture.
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

// The child runs on a separate stack in the parent's memory, which AddressSanitizer does not know.
#if defined(__SANITIZE_ADDRESS__)
#define SELECTLOOP_IN_CHILD __attribute__((no_sanitize("address"), no_sanitize("undefined")))
#else
#define SELECTLOOP_IN_CHILD
#endif

namespace selectloop {
namespace {

constexpr size_t kStackSize = 64 * 1024;
constexpr idtype_t kByPidfd = static_cast<idtype_t>(3);  // P_PIDFD

// A C string ends at the first zero byte, so "/bin/sh\0x" would silently become "/bin/sh".
bool HasNul(const std::vector<std::string>& strings) {
  return std::any_of(strings.begin(), strings.end(),
                     [](const std::string& text) { return text.find('\0') != std::string::npos; });
}

// A null-terminated array for exec, pointing into `strings`.
std::vector<char*> PointersTo(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  for (const std::string& text : strings) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// Everything that the child needs, prepared before it starts, and its answer.
struct Launch {
  char* const* executables;
  char* const* arguments;
  char* const* environment;
  const char* directory;
  const int* descriptors;
  int descriptor_count;
  ChildGroup group;
  pid_t joined_group;
  int death_signal;

  volatile int error = 0;  // positive
  volatile SpawnStage stage = SpawnStage::kStart;
};

// --- In the child -------------------------------------------------------------------------------------------------------
//
// As with vfork, the child shares the parent's memory until it executes the program, while the parent's other threads keep running.
// So it may only make system calls. It must not allocate, because another thread may hold the allocator's lock, and must not write to
// anything but its stack, the Launch, and errno (of the parent's thread, which sleeps meanwhile).

// Signals stay blocked until just before exec, because a handler of the parent must not run here, in the parent's memory.
SELECTLOOP_IN_CHILD void ResetSignals() {
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  // Fails for some numbers (SIGKILL, those reserved by the C library), which have their defaults anyway.
  for (int signal = 1; signal < NSIG; ++signal) sigaction(signal, &action, nullptr);
}

// The record of getdents64(2), which no C library header declares.
struct DirectoryEntry {
  uint64_t inode;
  int64_t offset;
  uint16_t length;
  uint8_t type;
  char name[];  // ends with a zero byte
};

// The number in the name of an entry of /proc/self/fd; -1 for "." and "..".
SELECTLOOP_IN_CHILD int NumberIn(const char* name) {
  if (*name == '\0') return -1;
  int number = 0;
  for (; *name != '\0'; ++name) {
    if (*name < '0' || *name > '9') return -1;
    number = number * 10 + (*name - '0');
  }
  return number;
}

// Marks the descriptors that /proc lists. readdir(3) would allocate memory. Returns false without /proc, or without a free number.
SELECTLOOP_IN_CHILD bool CloseOnExecListed(int first) {
  const int directory = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return false;
  alignas(DirectoryEntry) char entries[4096];
  long size;
  while ((size = syscall(SYS_getdents64, directory, entries, sizeof(entries))) > 0) {
    for (long at = 0; at < size;) {
      const auto* entry = reinterpret_cast<const DirectoryEntry*>(entries + at);
      const int fd = NumberIn(entry->name);
      if (fd >= first) fcntl(fd, F_SETFD, FD_CLOEXEC);
      at += entry->length;
    }
  }
  close(directory);
  return size == 0;
}

// Marks the descriptors that poll(2) finds open, which takes one call for many numbers. Numbers from kMostNumbers on, the kernel's
// default for the largest RLIMIT_NOFILE, are not searched: where the limit is 10^9, that would stop the parent's thread for seconds.
SELECTLOOP_IN_CHILD void CloseOnExecFound(int first) {
  constexpr int kMostNumbers = 1 << 20;
  constexpr int kBatch = 1024;
  pollfd entries[kBatch];
  const long limit = sysconf(_SC_OPEN_MAX);
  const int end = limit < 0 || limit > kMostNumbers ? kMostNumbers : static_cast<int>(limit);
  const int batch = std::min(kBatch, end);  // poll(2) fails for more entries than the limit
  for (int start = first; start < end; start += batch) {
    const int count = std::min(batch, end - start);
    for (int i = 0; i < count; ++i) entries[i] = {start + i, 0, 0};
    const bool known = poll(entries, static_cast<nfds_t>(count), 0) >= 0;
    for (int i = 0; i < count; ++i) {
      if (!known || (entries[i].revents & POLLNVAL) == 0) fcntl(start + i, F_SETFD, FD_CLOEXEC);
    }
  }
}

// Makes exec close every descriptor from `first` on. Most are close-on-exec already; this covers other code's descriptors.
SELECTLOOP_IN_CHILD void CloseOnExecFrom(unsigned int first) {
  if (syscall(SYS_close_range, first, ~0U, CLOSE_RANGE_CLOEXEC) == 0) return;
  // Linux before 5.11, or a seccomp filter.
  if (!CloseOnExecListed(static_cast<int>(first))) CloseOnExecFound(static_cast<int>(first));
}

SELECTLOOP_IN_CHILD bool InstallDescriptors(const int* wanted, int count) {
  int source[kMostChildDescriptors];
  // Move low sources out of the way first: with { stdout: 2, stderr: 1 } the first dup2 would overwrite the source of the second.
  for (int i = 0; i < count; ++i) {
    source[i] = wanted[i];
    if (source[i] >= count || source[i] == i) continue;
    source[i] = fcntl(source[i], F_DUPFD_CLOEXEC, count);
    if (source[i] < 0) return false;
  }
  for (int i = 0; i < count; ++i) {
    // dup2 clears close-on-exec, unless source and target are the same.
    const int result = source[i] == i ? fcntl(i, F_SETFD, 0) : dup2(source[i], i);
    if (result < 0) return false;
  }
  return true;
}

SELECTLOOP_IN_CHILD bool EnterGroup(const Launch* launch) {
  switch (launch->group) {
    case ChildGroup::kInherit:
      return true;
    case ChildGroup::kNewGroup:
      return setpgid(0, 0) == 0;
    case ChildGroup::kNewSession:
      return setsid() >= 0;
    case ChildGroup::kJoin:
      return setpgid(0, launch->joined_group) == 0;
  }
  return true;
}

// Does not return if one of the programs can be run. Returns the same error as execvp: EACCES, for a file that exists but may not be
// executed, takes precedence over ENOENT.
SELECTLOOP_IN_CHILD int Execute(const Launch* launch) {
  int error = ENOENT;
  for (char* const* path = launch->executables; *path != nullptr; ++path) {
    execve(*path, launch->arguments, launch->environment);
    if (errno == ENOENT || errno == ENOTDIR) continue;
    error = errno;
    if (errno != EACCES) break;
  }
  return error;
}

// Does everything that precedes the program itself. On failure returns false, with errno set and the stage in `launch`.
SELECTLOOP_IN_CHILD bool Prepare(Launch* launch) {
  launch->stage = SpawnStage::kGroup;
  if (!EnterGroup(launch)) return false;
  launch->stage = SpawnStage::kStdio;
  if (!InstallDescriptors(launch->descriptors, launch->descriptor_count)) return false;
  CloseOnExecFrom(static_cast<unsigned int>(launch->descriptor_count));
  launch->stage = SpawnStage::kDirectory;
  return launch->directory == nullptr || chdir(launch->directory) == 0;
}

SELECTLOOP_IN_CHILD int ChildMain(void* argument) {
  auto* launch = static_cast<Launch*>(argument);
  if (Prepare(launch)) {
    launch->stage = SpawnStage::kExecute;
    if (launch->death_signal > 0) prctl(PR_SET_PDEATHSIG, launch->death_signal);
    ResetSignals();
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    launch->error = Execute(launch);
  } else {
    launch->error = errno;
  }
  _exit(127);
}

// --- In the parent ------------------------------------------------------------------------------------------------------

class Stack {
 public:
  Stack() : memory_(mmap(nullptr, kStackSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0)) {}
  ~Stack() {
    if (valid()) munmap(memory_, kStackSize);
  }
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;

  bool valid() const { return memory_ != MAP_FAILED; }
  void* top() const { return static_cast<char*>(memory_) + kStackSize; }

 private:
  void* memory_;
};

// Blocks all signals in this thread during its lifetime.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

}  // namespace

int Spawn(const ChildOptions& options, SpawnedChild* child) {
  if (HasNul(options.executables) || HasNul(options.arguments) || HasNul(options.environment)) return -EINVAL;
  if (options.directory && options.directory->find('\0') != std::string::npos) return -EINVAL;
  if (options.descriptors.size() < 3 || options.descriptors.size() > kMostChildDescriptors) return -EINVAL;
  const std::vector<char*> executables = PointersTo(options.executables);
  const std::vector<char*> arguments = PointersTo(options.arguments);
  const std::vector<char*> environment = PointersTo(options.environment);
  Launch launch = {};
  launch.executables = executables.data();
  launch.arguments = arguments.data();
  launch.environment = environment.data();
  launch.directory = options.directory ? options.directory->c_str() : nullptr;
  launch.descriptors = options.descriptors.data();
  launch.descriptor_count = static_cast<int>(options.descriptors.size());
  launch.group = options.group;
  launch.joined_group = options.joined_group;
  launch.death_signal = options.death_signal;
  const Stack stack;
  if (!stack.valid()) return -ENOMEM;

  int pidfd = -1;
  pid_t pid;
  {
    const SignalsBlocked blocked;
    // CLONE_VFORK: this thread sleeps until the child has executed its program or ended. CLONE_PIDFD: the descriptor is created
    // together with the child, so the child cannot be reaped, and its number reused, in between.
    pid = ResultOf(clone(ChildMain, stack.top(), CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &launch, &pidfd));
  }
  if (pid < 0) return pid;
  child->pidfd.Reset(pidfd);
  child->pid = pid;
  if (launch.error == 0) return 0;
  siginfo_t ended = {};
  RetryOnEintr([&] { return waitid(kByPidfd, static_cast<id_t>(pidfd), &ended, WEXITED); });
  child->pidfd.Reset();
  child->pid = -1;
  child->failed_at = launch.stage;
  return -launch.error;
}

int Reap(int pidfd, ChildStatus* status) {
  siginfo_t ended = {};
  const int result = RetryOnEintr([&] { return waitid(kByPidfd, static_cast<id_t>(pidfd), &ended, WEXITED | WNOHANG); });
  if (result < 0) return result;
  if (ended.si_pid == 0) return 0;
  status->code = ended.si_code == CLD_EXITED ? ended.si_status : 0;
  status->signal = ended.si_code == CLD_EXITED ? 0 : ended.si_status;
  return 1;
}

int SignalChild(int pidfd, int signal) {
  return ResultOf(static_cast<int>(syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0)));
}

int SignalGroup(pid_t group, int signal) {
  if (group <= 1) return -EINVAL;
  return ResultOf(kill(-group, signal));
}

int ReapInBackground(UniqueFd pidfd) {
  ChildStatus status;
  if (Reap(pidfd.get(), &status) != 0) return 0;
  auto owner = std::make_shared<UniqueFd>(std::move(pidfd));  // because a std::function must be copyable
  return RunDetached([owner] {
    siginfo_t ended = {};
    RetryOnEintr([&] { return waitid(kByPidfd, static_cast<id_t>(owner->get()), &ended, WEXITED); });
  });
}

}  // namespace selectloop

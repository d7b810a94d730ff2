// Child processes: what they inherit, how they end, and that all of them are reaped.

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "check.h"
#include "channel.h"
#include "core/child_process.h"

// System call numbers for older C libraries; they are the same on every architecture.
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_clone3
#define SYS_clone3 435
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

namespace selectloop {
namespace {

ChildOptions Shell(const std::string& script) {
  ChildOptions options;
  options.executables = {"/bin/sh"};
  options.arguments = {"sh", "-c", script};
  options.environment = {"PATH=/usr/bin:/bin", "GREETING=hello"};
  return options;
}

// Waits until the child has ended and reaps it.
ChildStatus StatusOf(const SpawnedChild& child) {
  pollfd entry = {child.pidfd.get(), POLLIN, 0};
  Must(poll(&entry, 1, 10000) == 1);
  ChildStatus status;
  CHECK_EQ(Reap(child.pidfd.get(), &status), 1);
  return status;
}

// Returns the output of the script.
std::string OutputOf(ChildOptions options) {
  int ends[2];
  Must(pipe2(ends, O_CLOEXEC) == 0);
  const UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  options.descriptors[1] = write_end.get();
  SpawnedChild child;
  CHECK_EQ(Spawn(options, &child), 0);
  write_end.Reset();
  std::string output;
  char buffer[256];
  for (ssize_t count; (count = read(read_end.get(), buffer, sizeof(buffer))) > 0;) output.append(buffer, count);
  StatusOf(child);
  return output;
}

bool HasChildren() {
  siginfo_t info = {};
  return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

TEST("a child runs, ends and is reaped once") {
  SpawnedChild child;
  CHECK_EQ(Spawn(Shell("exit 7"), &child), 0);
  CHECK(child.pid > 0);
  const ChildStatus status = StatusOf(child);
  CHECK_EQ(status.code, 7);
  CHECK_EQ(status.signal, 0);
  ChildStatus again;
  CHECK_EQ(Reap(child.pidfd.get(), &again), -ECHILD);
  CHECK_EQ(SignalChild(child.pidfd.get(), SIGTERM), -ESRCH);
  CHECK(!HasChildren());
}

TEST("a running child is not reaped, and a signal ends it") {
  SpawnedChild child;
  CHECK_EQ(Spawn(Shell("exec sleep 60"), &child), 0);
  ChildStatus status;
  CHECK_EQ(Reap(child.pidfd.get(), &status), 0);
  CHECK_EQ(SignalChild(child.pidfd.get(), SIGKILL), 0);
  status = StatusOf(child);
  CHECK_EQ(status.code, 0);
  CHECK_EQ(status.signal, SIGKILL);
}

TEST("a child gets its environment, arguments and directory") {
  ChildOptions options = Shell("echo $GREETING $1 $(pwd) $(env | grep -c GREETING)");
  options.arguments.insert(options.arguments.end(), {"sh", "second word"});
  options.directory = "/";
  CHECK_EQ(OutputOf(options), "hello second word / 1\n");
}

TEST("a missing program leaves no child") {
  ChildOptions options = Shell("");
  options.executables = {"/nowhere/sh", "/bin/sh/not-a-directory"};
  SpawnedChild child;
  CHECK_EQ(Spawn(options, &child), -ENOENT);
  CHECK(child.failed_at == SpawnStage::kExecute);
  options.executables = {"/etc/passwd", "/nowhere"};
  CHECK_EQ(Spawn(options, &child), -EACCES);
  options.directory = "/nowhere";
  CHECK_EQ(Spawn(options, &child), -ENOENT);
  CHECK(child.failed_at == SpawnStage::kDirectory);
  options.descriptors[2] = 9999;
  CHECK_EQ(Spawn(options, &child), -EBADF);
  CHECK(child.failed_at == SpawnStage::kStdio);
  CHECK(!child.pidfd.valid());
  CHECK(!HasChildren());
}

// The fields of /proc/PID/stat that follow its state: parent, group, session.
struct Family {
  long parent, group, session;
};

Family FamilyIn(const std::string& stat) {
  Family family = {};
  Must(sscanf(stat.c_str() + stat.rfind(')') + 1, " %*c %ld %ld %ld", &family.parent, &family.group, &family.session) == 3);
  return family;
}

Family FamilyOf(ChildOptions options, const SpawnedChild* leader = nullptr) {
  options.executables = {"/bin/cat"};
  options.arguments = {"cat", "/proc/self/stat"};
  if (leader != nullptr) options.joined_group = leader->pid;
  return FamilyIn(OutputOf(options));
}

TEST("a child is in our group, a new group, a new session, or an existing group") {
  ChildOptions options = Shell("");
  Family family = FamilyOf(options);
  CHECK_EQ(family.group, static_cast<long>(getpgrp()));

  options.group = ChildGroup::kNewGroup;
  family = FamilyOf(options);
  CHECK(family.group != getpgrp());
  CHECK_EQ(family.session, static_cast<long>(getsid(0)));

  options.group = ChildGroup::kNewSession;
  family = FamilyOf(options);
  CHECK(family.session != getsid(0));
  CHECK_EQ(family.group, family.session);

  ChildOptions leads = Shell("exec sleep 60");
  leads.group = ChildGroup::kNewGroup;
  SpawnedChild leader;
  CHECK_EQ(Spawn(leads, &leader), 0);
  options.group = ChildGroup::kJoin;
  family = FamilyOf(options, &leader);
  CHECK_EQ(family.group, static_cast<long>(leader.pid));
  CHECK_EQ(SignalChild(leader.pidfd.get(), SIGKILL), 0);
  StatusOf(leader);
}

TEST("a missing group leaves no child") {
  ChildOptions options = Shell("exit");
  options.group = ChildGroup::kJoin;
  options.joined_group = 0x3fffffff;
  SpawnedChild child;
  CHECK_EQ(Spawn(options, &child), -EPERM);
  CHECK(child.failed_at == SpawnStage::kGroup);
  CHECK(!HasChildren());
}

TEST("a signal to a group reaches all its processes, even after its leader has ended") {
  int ends[2];
  Must(pipe2(ends, O_CLOEXEC) == 0);
  const UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  ChildOptions options = Shell("sleep 60 & exit");
  options.group = ChildGroup::kNewGroup;
  options.descriptors[1] = write_end.get();
  SpawnedChild child;
  CHECK_EQ(Spawn(options, &child), 0);
  write_end.Reset();
  StatusOf(child);
  CHECK_EQ(SignalGroup(child.pid, SIGKILL), 0);
  char byte;
  CHECK_EQ(read(read_end.get(), &byte, 1), 0);  // the last process that could write to the pipe has ended
  for (const pid_t group : {-1, 0, 1}) CHECK_EQ(SignalGroup(group, SIGKILL), -EINVAL);
  CHECK_EQ(SignalGroup(0x3fffffff, SIGKILL), -ESRCH);
}

TEST("a zero byte inside a string is refused") {
  SpawnedChild child;
  CHECK_EQ(Spawn(Shell(std::string("a\0b", 3)), &child), -EINVAL);
  ChildOptions options = Shell("exit");
  options.directory = std::string("/\0x", 3);
  CHECK_EQ(Spawn(options, &child), -EINVAL);
}

TEST("a child inherits no descriptors but its stdio, even without close-on-exec") {
  const UniqueFd inheritable(open("/dev/null", O_RDONLY));
  const UniqueFd high(fcntl(inheritable.get(), F_DUPFD, 300));
  CHECK_EQ(OutputOf(Shell("ls /proc/self/fd | wc -l")), "4\n");  // 0, 1, 2 and the one for the listing
}

// Lists the descriptors of a shell without getdents64.
const char kListDescriptors[] = "i=3; while [ $i -lt 400 ]; do [ -e /proc/self/fd/$i ] && echo $i; i=$((i+1)); done; exit";

// Runs `body` on a thread where the given system calls fail, and an fcntl of a descriptor from 400 on kills the process.
void WithoutCalls(const std::vector<unsigned int>& denied, unsigned int error, const std::function<void()>& body) {
  std::vector<sock_filter> filter = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
  for (const unsigned int call : denied) {
    filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1));
    filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error));
  }
  filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fcntl, 0, 3));
  filter.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args)));
  filter.push_back(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 400, 0, 1));
  filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
  filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  std::thread([&] {
    const sock_fprog program = {static_cast<unsigned short>(filter.size()), filter.data()};
    Must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    Must(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
    body();
  }).join();
}

TEST("without close_range, or /proc too, a child inherits only its stdio, and only open descriptors are touched") {
  const UniqueFd inheritable(open("/dev/null", O_RDONLY));
  const UniqueFd high(fcntl(inheritable.get(), F_DUPFD, 300));
  const unsigned int close_range = SYS_close_range, list = SYS_getdents64;
  for (const unsigned int error : {ENOSYS, EPERM}) {
    WithoutCalls({close_range}, error, [] { CHECK_EQ(OutputOf(Shell(kListDescriptors)), ""); });
    WithoutCalls({close_range, list}, error, [] { CHECK_EQ(OutputOf(Shell(kListDescriptors)), ""); });
  }
  CHECK(IsOpen(high.get()));
  CHECK_EQ(fcntl(high.get(), F_GETFD), 0);  // the parent's own flags are unchanged
}

TEST("without close_range, every one of many descriptors is closed in a child") {
  std::vector<UniqueFd> many;
  for (int i = 0; i < 380; ++i) many.emplace_back(dup(0));
  while (many.back().get() >= 400) many.pop_back();
  WithoutCalls({SYS_close_range}, ENOSYS, [] { CHECK_EQ(OutputOf(Shell(kListDescriptors)), ""); });
}

TEST("without pidfd_open and clone3, children run as usual") {
  WithoutCalls({SYS_pidfd_open, SYS_clone3}, ENOSYS, [] {
    SpawnedChild child;
    CHECK_EQ(Spawn(Shell("exit 7"), &child), 0);
    CHECK_EQ(StatusOf(child).code, 7);
    CHECK_EQ(Spawn(Shell("exit 8"), &child), 0);
    CHECK_EQ(ReapInBackground(std::move(child.pidfd)), 0);
  });
  for (int i = 0; i < 1000 && HasChildren(); ++i) usleep(10000);
  CHECK(!HasChildren());
}

TEST("the descriptors of stdio may be swapped") {
  ChildOptions options = Shell("echo out; echo err >&2");
  int ends[2];
  Must(pipe2(ends, O_CLOEXEC) == 0);
  const UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  const UniqueFd saved(dup(1));
  Must(dup2(write_end.get(), 1) == 1);
  options.descriptors[1] = 2;
  options.descriptors[2] = 1;
  SpawnedChild child;
  const int result = Spawn(options, &child);
  Must(dup2(saved.get(), 1) == 1);
  CHECK_EQ(result, 0);
  StatusOf(child);
  write_end.Reset();
  char buffer[16] = {};
  CHECK_EQ(read(read_end.get(), buffer, sizeof(buffer)), 4);
  CHECK_EQ(std::string(buffer), "err\n");
}

TEST("a child gets further descriptors, in order, from any number") {
  ChildOptions options = Shell("echo out; echo three >&3; echo four >&4; ls /proc/self/fd | wc -l");
  options.descriptors = {0, 1, 2, 1, 1};
  int ends[2];
  Must(pipe2(ends, O_CLOEXEC) == 0);
  const UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  options.descriptors[3] = write_end.get();
  options.descriptors[4] = 1;
  options.descriptors[1] = write_end.get();
  const UniqueFd saved(dup(1));
  Must(dup2(write_end.get(), 1) == 1);
  SpawnedChild child;
  const int result = Spawn(options, &child);
  Must(dup2(saved.get(), 1) == 1);
  CHECK_EQ(result, 0);
  StatusOf(child);
  write_end.Reset();
  char buffer[64] = {};
  Must(read(read_end.get(), buffer, sizeof(buffer)) > 0);
  CHECK_EQ(std::string(buffer), "out\nthree\nfour\n6\n");  // the sixth is the one for the listing
  options.descriptors = {0, 1};
  CHECK_EQ(Spawn(options, &child), -EINVAL);
}

TEST("a child gets its death signal when the thread that has started it ends") {
  SpawnedChild child;
  ChildOptions options = Shell("exec sleep 60");
  options.death_signal = SIGUSR1;
  std::thread([&] { CHECK_EQ(Spawn(options, &child), 0); }).join();
  CHECK_EQ(StatusOf(child).signal, SIGUSR1);
}

TEST("a child starts with default, unblocked signals, whatever the parent's are") {
  signal(SIGTERM, SIG_IGN);
  signal(SIGUSR1, [](int) {});
  sigset_t blocked, before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  ChildOptions cat = Shell("");
  cat.executables = {"/bin/cat"};
  cat.arguments = {"cat", "/proc/self/status"};
  const std::string output = OutputOf(cat);
  SpawnedChild child;
  CHECK_EQ(Spawn(Shell("exec sleep 60"), &child), 0);
  CHECK_EQ(SignalChild(child.pidfd.get(), SIGTERM), 0);
  CHECK_EQ(StatusOf(child).signal, SIGTERM);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  signal(SIGTERM, SIG_DFL);
  signal(SIGUSR1, SIG_DFL);
  for (const char* set : {"SigBlk", "SigIgn", "SigCgt"}) {
    CHECK(output.find(std::string(set) + ":\t0000000000000000\n") != std::string::npos);
  }
}

TEST("fifty children from four threads each report their own exit code") {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      std::vector<SpawnedChild> children(13);
      for (size_t i = 0; i < children.size(); ++i) {
        CHECK_EQ(Spawn(Shell("exit " + std::to_string(t * 13 + i)), &children[i]), 0);
      }
      for (size_t i = 0; i < children.size(); ++i) CHECK_EQ(StatusOf(children[i]).code, static_cast<int>(t * 13 + i));
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(!HasChildren());
}

TEST("a child without a waiter is reaped in the background") {
  SpawnedChild child;
  CHECK_EQ(Spawn(Shell("read line"), &child), 0);
  const pid_t pid = child.pid;
  const int fd = child.pidfd.get();
  SignalChild(fd, SIGTERM);
  CHECK_EQ(ReapInBackground(std::move(child.pidfd)), 0);
  for (int i = 0; i < 1000 && (kill(pid, 0) == 0 || IsOpen(fd)); ++i) usleep(10000);
  CHECK_EQ(kill(pid, 0), -1);
  CHECK(!IsOpen(fd));
  CHECK(!HasChildren());
}

}  // namespace
}  // namespace selectloop

TEST_MAIN

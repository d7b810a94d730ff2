// Child processes, which are signalled and reaped through a pidfd, so that a reused pid cannot refer to another process by mistake.
//
// Needs Linux 5.4 (CLONE_PIDFD, waitid(P_PIDFD)); on older kernels the functions return -EINVAL.

#ifndef SELECTLOOP_CORE_CHILD_PROCESS_H_
#define SELECTLOOP_CORE_CHILD_PROCESS_H_

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "core/unique_fd.h"

namespace selectloop {

// The process group of the child when its program begins.
enum class ChildGroup {
  kInherit = 0,     // ours
  kNewGroup = 1,    // a new one, in our session
  kNewSession = 2,  // a new one, in a new session without a controlling terminal
  kJoin = 3,        // an existing one in our session
};

// Their sources are on the small stack of the child.
constexpr int kMostChildDescriptors = 1024;

struct ChildOptions {
  // Tried in order; a path that does not exist, or may not be executed, is skipped.
  std::vector<std::string> executables;
  std::vector<std::string> arguments;    // including argv[0]
  std::vector<std::string> environment;  // NAME=value
  std::optional<std::string> directory;
  std::vector<int> descriptors = {0, 1, 2};  // the child's 0, 1, 2 and so on, at most kMostChildDescriptors; borrowed
  ChildGroup group = ChildGroup::kInherit;
  pid_t joined_group = 0;  // with kJoin
  int death_signal = 0;    // sent to the child when the thread that starts it ends; 0: none
};

// The step at which a start failed.
enum class SpawnStage { kStart = 0, kStdio = 1, kDirectory = 2, kExecute = 3, kGroup = 4 };

struct SpawnedChild {
  pid_t pid = -1;
  UniqueFd pidfd;  // readable once the child has ended
  SpawnStage failed_at = SpawnStage::kStart;
};

// Returns 0 once the program is running, or -errno if it cannot be run; then there is no child. The child has no descriptors but those
// of its options, no blocked signals, and default signal dispositions.
int Spawn(const ChildOptions& options, SpawnedChild* child);

struct ChildStatus {
  int code = 0;    // the exit code
  int signal = 0;  // the signal that ended it, or 0
};

// 1 if the child has ended and was reaped by this call; 0 while it runs; -ECHILD if other code has reaped it.
int Reap(int pidfd, ChildStatus* status);

// kill(2) without its race: -ESRCH once the child is reaped, even if its pid has been reused.
int SignalChild(int pidfd, int signal);

// Signals every process of a group. -ESRCH if it has none, -EPERM if we may not signal any of them; -EINVAL for 0 and 1, for which
// kill(2) would signal our own group and all processes, respectively.
int SignalGroup(pid_t group, int signal);

// Reaps the child on a detached thread when it ends, then closes the descriptor. 0 or -errno; the descriptor is closed in any case.
int ReapInBackground(UniqueFd pidfd);

}  // namespace selectloop

#endif  // SELECTLOOP_CORE_CHILD_PROCESS_H_

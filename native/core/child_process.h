// Child processes: started, signalled and reaped through a pidfd, so that no other process can ever be meant by mistake.
//
// Needs Linux 5.4 (CLONE_PIDFD, waitid(P_PIDFD)); older kernels answer -EINVAL.

#ifndef SELECTLOOP_CORE_CHILD_PROCESS_H_
#define SELECTLOOP_CORE_CHILD_PROCESS_H_

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "core/unique_fd.h"

namespace selectloop {

// The process group that the child is in when its program begins.
enum class ChildGroup {
  kInherit = 0,     // ours
  kNewGroup = 1,    // one of its own, in our session
  kNewSession = 2,  // one of its own, in a session of its own, without a controlling terminal
  kJoin = 3,        // one that exists in our session
};

struct ChildOptions {
  // Tried in turn; a path that does not exist, or that may not be executed, lets the next one have its turn.
  std::vector<std::string> executables;
  std::vector<std::string> arguments;    // with argv[0]
  std::vector<std::string> environment;  // NAME=value
  std::optional<std::string> directory;
  int stdio[3] = {0, 1, 2};  // what becomes the child's 0, 1 and 2; borrowed
  ChildGroup group = ChildGroup::kInherit;
  pid_t joined_group = 0;  // with kJoin
};

// What a start could fail at.
enum class SpawnStage { kStart = 0, kStdio = 1, kDirectory = 2, kExecute = 3, kGroup = 4 };

struct SpawnedChild {
  pid_t pid = -1;
  UniqueFd pidfd;  // readable once the child has ended
  SpawnStage failed_at = SpawnStage::kStart;
};

// Returns when the program runs (0), or cannot be run (-errno; then there is no child). The child has no other descriptors than
// its stdio, no blocked signals, and the default for every signal.
int Spawn(const ChildOptions& options, SpawnedChild* child);

struct ChildStatus {
  int code = 0;    // of exit()
  int signal = 0;  // that ended it, or 0
};

// 1 when the child had ended, and is reaped now; 0 while it runs; -ECHILD when somebody else has reaped it.
int Reap(int pidfd, ChildStatus* status);

// kill(2) without its race: -ESRCH once the child is reaped, whoever has its number then.
int SignalChild(int pidfd, int signal);

// Signals every process of a group. -ESRCH when it has none, -EPERM when we may signal none of them; -EINVAL for 0 and 1, which
// kill(2) takes for our own group and for every process there is.
int SignalGroup(pid_t group, int signal);

// Reaps the child whenever it ends, without anybody's help, and closes the descriptor. 0 or -errno (closed in any case).
int ReapInBackground(UniqueFd pidfd);

}  // namespace selectloop

#endif  // SELECTLOOP_CORE_CHILD_PROCESS_H_

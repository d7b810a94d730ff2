// The state of one Node environment (the main thread or a worker). The addon has no other state, so loading it in several threads needs
// no lock. Node deletes it when the environment ends.

#ifndef SELECTLOOP_BINDING_ADDON_DATA_H_
#define SELECTLOOP_BINDING_ADDON_DATA_H_

#include <napi.h>

#include <unordered_set>
#include <vector>

namespace selectloop {

// The signals that this environment watches. A terminated worker cannot unwatch them itself, and the handler would keep writing to a
// descriptor that is closed, or has been reused.
class SignalWatches {
 public:
  ~SignalWatches();

  int Add(int signal, int fd);
  int Remove(int signal, int fd);

 private:
  struct Watch {
    int signal;
    int fd;
  };
  std::vector<Watch> watches_;
};

// The descriptors that JavaScript objects of this environment own. A terminated worker runs no more JavaScript, no `finally` and no
// finaliser, so the peers of its connections would wait indefinitely, and its port would stay bound.
class AdoptedDescriptors {
 public:
  AdoptedDescriptors() = default;
  ~AdoptedDescriptors();
  AdoptedDescriptors(const AdoptedDescriptors&) = delete;
  AdoptedDescriptors& operator=(const AdoptedDescriptors&) = delete;

  void Add(int fd) { descriptors_.insert(fd); }
  void Remove(int fd) { descriptors_.erase(fd); }

  // From now on, Created() adds.
  void AdoptCreated() { adopts_created_ = true; }
  // For each descriptor that a call returns to JavaScript. A worker may be terminated when the call returns, before any JavaScript runs
  // that could adopt the descriptor.
  void Created(int fd) {
    if (adopts_created_) Add(fd);
  }

 private:
  bool adopts_created_ = false;
  std::unordered_set<int> descriptors_;
};

// The pidfds of the children that this environment started. The children may outlive it; they are then reaped in the background, so that
// none becomes a zombie.
class StartedChildren {
 public:
  StartedChildren() = default;
  ~StartedChildren();
  StartedChildren(const StartedChildren&) = delete;
  StartedChildren& operator=(const StartedChildren&) = delete;

  void Add(int pidfd) { pidfds_.insert(pidfd); }
  // Returns false if it is not one of them.
  bool Remove(int pidfd) { return pidfds_.erase(pidfd) > 0; }

 private:
  std::unordered_set<int> pidfds_;
};

struct AddonData {
  AdoptedDescriptors adopted;
  StartedChildren children;
  SignalWatches signals;
  Napi::FunctionReference resolution_class;
  Napi::FunctionReference name_lookup_class;
};

inline AddonData* GetAddonData(napi_env env) { return Napi::Env(env).GetInstanceData<AddonData>(); }

// Returns `fd`, a new descriptor or -errno.
inline int Created(napi_env env, int fd) {
  if (fd >= 0) GetAddonData(env)->adopted.Created(fd);
  return fd;
}

}  // namespace selectloop

#endif  // SELECTLOOP_BINDING_ADDON_DATA_H_

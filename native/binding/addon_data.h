// The state of one Node environment (the main thread, or one worker): there is no other, so loading the addon in several
// threads needs no lock. Node deletes it when the environment ends.

#ifndef SELECTLOOP_BINDING_ADDON_DATA_H_
#define SELECTLOOP_BINDING_ADDON_DATA_H_

#include <napi.h>

#include <vector>

namespace selectloop {

// The signals this environment watches. A worker that is terminated has no chance to unwatch them; the process would go on
// writing to a descriptor that is closed, or is someone else's by then.
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

struct AddonData {
  SignalWatches signals;
  Napi::FunctionReference resolution_class;
};

inline AddonData* GetAddonData(napi_env env) { return Napi::Env(env).GetInstanceData<AddonData>(); }

}  // namespace selectloop

#endif  // SELECTLOOP_BINDING_ADDON_DATA_H_

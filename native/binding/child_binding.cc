// spawn, and the operations on a child through its pidfd.

#include <utility>

#include "binding/addon_data.h"
#include "binding/arguments.h"
#include "binding/exports.h"
#include "core/child_process.h"

namespace selectloop {

StartedChildren::~StartedChildren() {
  for (const int pidfd : pidfds_) ReapInBackground(UniqueFd(pidfd));
}

namespace {

napi_value SpawnChild(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  ChildOptions options;
  options.executables = args.StringList(0, "executables");
  options.arguments = args.StringList(1, "arguments");
  options.environment = args.StringList(2, "environment");
  options.directory = args.NullableString(3, "directory");
  const IntRange descriptors = args.Integers(4, "descriptors", 3);
  options.group = static_cast<ChildGroup>(args.Integer(5, "group"));
  options.joined_group = args.Integer(6, "joinedGroup");
  options.death_signal = args.Integer(7, "deathSignal");
  const IntRange started = args.Integers(8, "started", 3);
  if (args.failed()) return nullptr;
  options.descriptors.assign(descriptors.data, descriptors.data + descriptors.length);

  SpawnedChild child;
  const int result = Spawn(options, &child);
  if (result == 0) GetAddonData(env)->children.Add(child.pidfd.get());
  started.data[0] = child.pid;
  started.data[1] = child.pidfd.Release();
  started.data[2] = static_cast<int32_t>(child.failed_at);
  return args.Result(result);
}

napi_value ReapChild(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const int pidfd = args.Integer(0, "pidfd");
  const IntRange status = args.Integers(1, "status", 2);
  if (args.failed()) return nullptr;
  ChildStatus ended;
  const int result = Reap(pidfd, &ended);
  if (result == 1) {
    status.data[0] = ended.code;
    status.data[1] = ended.signal;
  }
  return args.Result(result);
}

napi_value Signal(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const int pidfd = args.Integer(0, "pidfd");
  const int signal = args.Integer(1, "signal");
  if (args.failed()) return nullptr;
  return args.Result(SignalChild(pidfd, signal));
}

napi_value SignalProcessGroup(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const int group = args.Integer(0, "group");
  const int signal = args.Integer(1, "signal");
  if (args.failed()) return nullptr;
  return args.Result(SignalGroup(group, signal));
}

napi_value ReleaseChild(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const int pidfd = args.Integer(0, "pidfd");
  if (args.failed()) return nullptr;
  if (!GetAddonData(env)->children.Remove(pidfd)) return args.Result(-EBADF);
  return args.Result(ReapInBackground(UniqueFd(pidfd)));
}

}  // namespace

void ExportChildren(Napi::Object exports) {
  ExportFunctions(exports, {{"spawn", SpawnChild},
                            {"reapChild", ReapChild},
                            {"signalChild", Signal},
                            {"signalGroup", SignalProcessGroup},
                            {"releaseChild", ReleaseChild}});
}

}  // namespace selectloop

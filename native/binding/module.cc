// The entry point of the addon: creates the state of the environment and fills the export table.

#include <napi.h>

#include "binding/addon_data.h"
#include "binding/exports.h"

namespace selectloop {

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new AddonData());
  ExportSelectors(exports);
  ExportHost(exports);
  ExportLibuvEdges(exports);
  ExportAdoption(exports);
  ExportConstants(exports);
  ExportDescriptors(exports);
  ExportSockets(exports);
  ExportMessages(exports);
  ExportInterfaces(exports);
  ExportSignals(exports);
  ExportResolver(exports);
  ExportChildren(exports);
  return exports;
}

NODE_API_MODULE(selectloop, Init)

}  // namespace selectloop

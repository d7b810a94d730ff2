// Functions that fill the export table, one per topic; module.cc calls all of them.

#ifndef SELECTLOOP_BINDING_EXPORTS_H_
#define SELECTLOOP_BINDING_EXPORTS_H_

#include <napi.h>

#include <cstddef>
#include <initializer_list>

namespace selectloop {

void ExportSelectors(Napi::Object exports);
void ExportHost(Napi::Object exports);
void ExportLibuvEdges(Napi::Object exports);
void ExportAdoption(Napi::Object exports);
void ExportConstants(Napi::Object exports);
void ExportDescriptors(Napi::Object exports);
void ExportSockets(Napi::Object exports);
void ExportMessages(Napi::Object exports);
void ExportInterfaces(Napi::Object exports);
void ExportSignals(Napi::Object exports);
void ExportResolver(Napi::Object exports);
void ExportChildren(Napi::Object exports);

// Add constants to the table that ExportConstants creates.
void AddErrnoConstants(Napi::Object constants);
void AddProtocolConstants(Napi::Object constants);

// The name is in the entry, because a pointer would need a relocation when the addon is loaded.
struct NamedNumber {
  char name[32];
  double value;
};

// A function that loops over a table is a fifth of the size of one that sets each constant.
template <std::size_t kSize>
void SetNumbers(Napi::Object target, const NamedNumber (&numbers)[kSize]) {
  for (const NamedNumber& entry : numbers) target.Set(entry.name, entry.value);
}

struct NamedFunction {
  const char* name;
  napi_callback callback;
};

inline void ExportFunctions(Napi::Object exports, std::initializer_list<NamedFunction> functions) {
  for (const NamedFunction& entry : functions) {
    napi_value function = nullptr;
    if (napi_create_function(exports.Env(), entry.name, NAPI_AUTO_LENGTH, entry.callback, nullptr, &function) != napi_ok) {
      return;
    }
    exports.Set(entry.name, function);
  }
}

}  // namespace selectloop

#endif  // SELECTLOOP_BINDING_EXPORTS_H_

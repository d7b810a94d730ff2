// Linked into the prebuilt binaries, in place of the functions of the same names in the C++ library and its unwinder, which carry exceptions
// up the stack and print one that nobody catches. The addon has no exceptions (-fno-exceptions), and they would be a third of the binary.

#include <cstddef>
#include <cstdlib>

#define UNUSED_BY_THE_ADDON(name) \
  extern "C" __attribute__((visibility("hidden"))) void name() { abort(); }

UNUSED_BY_THE_ADDON(_Unwind_Backtrace)
UNUSED_BY_THE_ADDON(_Unwind_DeleteException)
UNUSED_BY_THE_ADDON(_Unwind_ForcedUnwind)
UNUSED_BY_THE_ADDON(_Unwind_GetGR)
UNUSED_BY_THE_ADDON(_Unwind_GetIP)
UNUSED_BY_THE_ADDON(_Unwind_GetIPInfo)
UNUSED_BY_THE_ADDON(_Unwind_GetLanguageSpecificData)
UNUSED_BY_THE_ADDON(_Unwind_GetRegionStart)
UNUSED_BY_THE_ADDON(_Unwind_RaiseException)
UNUSED_BY_THE_ADDON(_Unwind_Resume)
UNUSED_BY_THE_ADDON(_Unwind_Resume_or_Rethrow)
UNUSED_BY_THE_ADDON(_Unwind_SetGR)
UNUSED_BY_THE_ADDON(_Unwind_SetIP)

UNUSED_BY_THE_ADDON(__gxx_personality_v0)

// These two have a thread-local variable, and thread-local variables name glibc's dynamic linker as a dependency, which musl does not have.
UNUSED_BY_THE_ADDON(__cxa_get_globals)
UNUSED_BY_THE_ADDON(__cxa_get_globals_fast)

/** Turns mangled names into readable ones. */
extern "C" __attribute__((visibility("hidden"))) char* __cxa_demangle(const char*, char*, std::size_t*, int* status) {
  if (status != nullptr) *status = -1;
  return nullptr;
}

// Reads the JavaScript arguments of a call.
//
// Every exported function has the same three steps: read all arguments, return if that failed, make the call. The first wrong argument
// throws a TypeError or RangeError and makes the reader `failed()`; everything read after it is a harmless default. This uses raw
// Node-API calls, because the wrapper classes of <napi.h> cost as much as a short system call.
//
// Invariant: a pointer into JavaScript memory is valid only until JavaScript runs again. Property(), and readers that use it or read
// elements of an array, can run JavaScript through getters; call them before Bytes() and the other byte readers, which run none.

#ifndef SELECTLOOP_BINDING_ARGUMENTS_H_
#define SELECTLOOP_BINDING_ARGUMENTS_H_

#include <node_api.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace selectloop {

struct ByteRange {
  uint8_t* data = nullptr;
  size_t length = 0;
};

struct IntRange {
  int32_t* data = nullptr;
  size_t length = 0;
};

class Arguments {
 public:
  Arguments(napi_env env, napi_callback_info info);

  napi_env env() const { return env_; }
  bool failed() const { return failed_; }
  napi_value this_object() const { return this_; }
  napi_value at(size_t index) const { return values_[index]; }

  // `name` is the name of the argument in error messages.
  int32_t Integer(size_t index, const char* name) { return IntegerOf(values_[index], name); }
  // From 0 to 2^53 - 1.
  uint64_t Size(size_t index, const char* name);
  uint32_t Unsigned(size_t index, const char* name) { return UnsignedOf(values_[index], name); }
  // Milliseconds; throws a RangeError for NaN.
  double Timeout(size_t index, const char* name);
  bool Boolean(size_t index, const char* name);
  std::optional<std::string> NullableString(size_t index, const char* name);
  napi_value Function(size_t index, const char* name);
  napi_value Object(size_t index, const char* name);
  std::string String(size_t index, const char* name) { return StringOf(values_[index], name); }
  bool IsNull(size_t index);
  bool IsUndefined(size_t index);

  ByteRange Bytes(size_t index, const char* name) { return BytesOf(values_[index], name); }
  // Empty for undefined.
  ByteRange OptionalBytes(size_t index, const char* name);
  // `data` at index, `offset` and `length` after it.
  ByteRange BytesWithin(size_t index);
  IntRange Integers(size_t index, const char* name, size_t least);
  // Arrays, of which at most `most` elements are read.
  std::vector<iovec> BytesList(size_t index, const char* name, size_t most);
  std::vector<int> IntegerList(size_t index, const char* name, size_t most);
  std::vector<std::string> StringList(size_t index, const char* name);

  // For readers of structures, such as addresses.
  napi_value Property(napi_value object, const char* name);
  int32_t IntegerOf(napi_value value, const char* name);
  uint32_t UnsignedOf(napi_value value, const char* name);
  std::string StringOf(napi_value value, const char* name);
  // A string whose characters stand for one byte each.
  std::string ByteStringOf(napi_value value, const char* name);
  ByteRange BytesOf(napi_value value, const char* name);

  // The native object of `this`; null (and failed) if there is none.
  template <typename Native>
  Native* This() {
    void* native = nullptr;
    if (!failed_ && napi_unwrap(env_, this_, &native) != napi_ok) FailType("an object of the addon", "this", this_);
    return static_cast<Native*>(native);
  }

  // Results. They are null while an exception is pending, as Node-API requires.
  napi_value Result(int64_t number);
  napi_value Nothing();

  // "expected <what> for <name>, got <value>"
  void FailType(const char* what, const char* name, napi_value got);
  void FailRange(const char* what, const char* name, napi_value got);
  // Called if a Node-API call failed; throws unless an exception is pending already.
  void FailInternal();

 private:
  bool HasType(size_t index, napi_valuetype wanted);
  bool NumberOf(napi_value value, const char* what, const char* name, double* number);
  std::vector<napi_value> Elements(size_t index, const char* name, size_t most);

  static constexpr size_t kMost = 9;

  napi_env env_;
  napi_value this_ = nullptr;
  napi_value values_[kMost];
  bool failed_ = false;
};

}  // namespace selectloop

#endif  // SELECTLOOP_BINDING_ARGUMENTS_H_

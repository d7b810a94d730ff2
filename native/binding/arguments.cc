#include "binding/arguments.h"

#include <climits>
#include <cmath>

#include "binding/describe.h"

namespace selectloop {
namespace {

constexpr double kMaxSafeInteger = 9007199254740991.0;

}  // namespace

Arguments::Arguments(napi_env env, napi_callback_info info) : env_(env) {
  size_t count = kMost;  // missing arguments become undefined
  if (napi_get_cb_info(env, info, &count, values_, &this_, nullptr) != napi_ok) {
    for (napi_value& value : values_) value = nullptr;
    FailInternal();
  }
}

bool Arguments::NumberOf(napi_value value, const char* what, const char* name, double* number) {
  if (failed_) return false;
  if (napi_get_value_double(env_, value, number) == napi_ok) return true;
  FailType(what, name, value);
  return false;
}

int32_t Arguments::IntegerOf(napi_value value, const char* name) {
  double number;
  if (!NumberOf(value, "an integer", name, &number)) return 0;
  if (number >= INT32_MIN && number <= INT32_MAX) {
    const int32_t integer = static_cast<int32_t>(number);
    if (integer == number) return integer;
  }
  if (std::isfinite(number) && std::trunc(number) == number) {
    FailRange("a 32-bit integer", name, value);
  } else {
    FailType("an integer", name, value);
  }
  return 0;
}

uint32_t Arguments::UnsignedOf(napi_value value, const char* name) {
  double number;
  if (!NumberOf(value, "an integer", name, &number)) return 0;
  if (number >= 0 && number <= UINT32_MAX && std::trunc(number) == number) return static_cast<uint32_t>(number);
  if (std::isfinite(number) && std::trunc(number) == number) {
    FailRange("an integer from 0 to 4294967295", name, value);
  } else {
    FailType("an integer", name, value);
  }
  return 0;
}

uint64_t Arguments::Size(size_t index, const char* name) {
  double number;
  if (!NumberOf(values_[index], "an integer", name, &number)) return 0;
  if (number >= 0 && number <= kMaxSafeInteger && std::trunc(number) == number) return static_cast<uint64_t>(number);
  if (std::isfinite(number) && std::trunc(number) == number) {
    FailRange("an integer from 0 to 2^53 - 1", name, values_[index]);
  } else {
    FailType("an integer", name, values_[index]);
  }
  return 0;
}

double Arguments::Timeout(size_t index, const char* name) {
  double number;
  if (!NumberOf(values_[index], "a number of milliseconds", name, &number)) return 0;
  if (!std::isnan(number)) return number;
  FailRange("a number of milliseconds", name, values_[index]);
  return 0;
}

bool Arguments::Boolean(size_t index, const char* name) {
  bool value = false;
  if (!failed_ && napi_get_value_bool(env_, values_[index], &value) != napi_ok) {
    FailType("a boolean", name, values_[index]);
  }
  return value;
}

std::string Arguments::StringOf(napi_value value, const char* name) {
  if (failed_) return std::string();
  size_t length = 0;
  if (napi_get_value_string_utf8(env_, value, nullptr, 0, &length) != napi_ok) {
    FailType("a string", name, value);
    return std::string();
  }
  std::string text(length, '\0');
  // Node-API also writes a terminating zero, for which a std::string has room.
  napi_get_value_string_utf8(env_, value, &text[0], length + 1, &length);
  return text;
}

std::string Arguments::ByteStringOf(napi_value value, const char* name) {
  if (failed_) return std::string();
  size_t length = 0;
  if (napi_get_value_string_latin1(env_, value, nullptr, 0, &length) != napi_ok) {
    FailType("a string", name, value);
    return std::string();
  }
  std::string bytes(length, '\0');
  napi_get_value_string_latin1(env_, value, &bytes[0], length + 1, &length);
  return bytes;
}

std::optional<std::string> Arguments::NullableString(size_t index, const char* name) {
  if (IsNull(index)) return std::nullopt;
  return StringOf(values_[index], name);
}

napi_value Arguments::Function(size_t index, const char* name) {
  napi_valuetype type = napi_undefined;
  if (!failed_ && napi_typeof(env_, values_[index], &type) != napi_ok) FailInternal();
  if (!failed_ && type != napi_function) FailType("a function", name, values_[index]);
  return values_[index];
}

napi_value Arguments::Object(size_t index, const char* name) {
  napi_valuetype type = napi_undefined;
  if (!failed_ && napi_typeof(env_, values_[index], &type) != napi_ok) FailInternal();
  if (!failed_ && type != napi_object && type != napi_function) FailType("an object", name, values_[index]);
  return values_[index];
}

bool Arguments::IsNull(size_t index) { return HasType(index, napi_null); }

bool Arguments::IsUndefined(size_t index) { return HasType(index, napi_undefined); }

bool Arguments::HasType(size_t index, napi_valuetype wanted) {
  napi_valuetype type;
  return !failed_ && napi_typeof(env_, values_[index], &type) == napi_ok && type == wanted;
}

ByteRange Arguments::OptionalBytes(size_t index, const char* name) {
  return IsUndefined(index) ? ByteRange() : Bytes(index, name);
}

ByteRange Arguments::BytesOf(napi_value value, const char* name) {
  if (failed_) return {};
  napi_typedarray_type type;
  size_t length;
  void* data;
  // Fails with napi_invalid_arg for anything but a typed array, so no other check is needed.
  if (napi_get_typedarray_info(env_, value, &type, &length, &data, nullptr, nullptr) != napi_ok ||
      type != napi_uint8_array) {
    FailType("a Uint8Array", name, value);
    return {};
  }
  return {static_cast<uint8_t*>(data), length};
}

ByteRange Arguments::BytesWithin(size_t index) {
  const uint64_t offset = Size(index + 1, "offset");
  const uint64_t length = Size(index + 2, "length");
  const ByteRange bytes = BytesOf(values_[index], "data");
  if (failed_) return {};
  if (offset > bytes.length) {
    FailRange("a position within the array", "offset", values_[index + 1]);
    return {};
  }
  if (length > bytes.length - offset) {
    FailRange("a range within the array", "length", values_[index + 2]);
    return {};
  }
  // A detached or empty array may have no memory.
  return {bytes.data == nullptr ? nullptr : bytes.data + offset, static_cast<size_t>(length)};
}

IntRange Arguments::Integers(size_t index, const char* name, size_t least) {
  if (failed_) return {};
  napi_typedarray_type type;
  size_t length;
  void* data;
  if (napi_get_typedarray_info(env_, values_[index], &type, &length, &data, nullptr, nullptr) != napi_ok ||
      type != napi_int32_array) {
    FailType("an Int32Array", name, values_[index]);
    return {};
  }
  if (length < least) {
    const std::string what = "an Int32Array of " + std::to_string(least) + " elements or more";
    FailRange(what.c_str(), name, values_[index]);
    return {};
  }
  return {static_cast<int32_t*>(data), length};
}

std::vector<napi_value> Arguments::Elements(size_t index, const char* name, size_t most) {
  bool is_array = false;
  if (failed_ || napi_is_array(env_, values_[index], &is_array) != napi_ok || !is_array) {
    FailType("an array", name, values_[index]);
    return {};
  }
  uint32_t length = 0;
  if (napi_get_array_length(env_, values_[index], &length) != napi_ok) {
    FailInternal();
    return {};
  }
  std::vector<napi_value> elements(length < most ? length : most);
  for (size_t i = 0; i < elements.size(); ++i) {
    if (napi_get_element(env_, values_[index], static_cast<uint32_t>(i), &elements[i]) != napi_ok) {
      FailInternal();
      return {};
    }
  }
  return elements;
}

std::vector<iovec> Arguments::BytesList(size_t index, const char* name, size_t most) {
  // Two passes, because reading an element may call a getter that detaches the buffer of an earlier element.
  std::vector<iovec> parts;
  const std::vector<napi_value> elements = Elements(index, name, most);
  parts.reserve(elements.size());
  for (const napi_value element : elements) {
    const ByteRange bytes = BytesOf(element, name);
    parts.push_back({bytes.data, bytes.length});
  }
  return parts;
}

std::vector<int> Arguments::IntegerList(size_t index, const char* name, size_t most) {
  std::vector<int> integers;
  for (const napi_value element : Elements(index, name, most)) integers.push_back(IntegerOf(element, name));
  return integers;
}

std::vector<std::string> Arguments::StringList(size_t index, const char* name) {
  std::vector<std::string> strings;
  for (const napi_value element : Elements(index, name, SIZE_MAX)) strings.push_back(StringOf(element, name));
  return strings;
}

napi_value Arguments::Property(napi_value object, const char* name) {
  napi_value value = nullptr;
  if (!failed_ && napi_get_named_property(env_, object, name, &value) != napi_ok) FailInternal();
  return value;
}

napi_value Arguments::Result(int64_t number) {
  napi_value value = nullptr;
  if (failed_) return nullptr;
  // Nearly every result fits, and V8 creates a small integer in half the time of other numbers.
  const bool fits = number >= INT32_MIN && number <= INT32_MAX;
  const napi_status status =
      fits ? napi_create_int32(env_, static_cast<int32_t>(number), &value) : napi_create_int64(env_, number, &value);
  return status == napi_ok ? value : nullptr;
}

napi_value Arguments::Nothing() { return nullptr; }

void Arguments::FailType(const char* what, const char* name, napi_value got) {
  if (failed_) return;
  failed_ = true;
  const std::string message = std::string("expected ") + what + " for " + name + ", got " + Describe(env_, got);
  napi_throw_type_error(env_, "ERR_INVALID_ARG_TYPE", message.c_str());
}

void Arguments::FailRange(const char* what, const char* name, napi_value got) {
  if (failed_) return;
  failed_ = true;
  const std::string message = std::string("expected ") + what + " for " + name + ", got " + Describe(env_, got);
  napi_throw_range_error(env_, "ERR_OUT_OF_RANGE", message.c_str());
}

void Arguments::FailInternal() {
  failed_ = true;
  bool pending = false;
  if (napi_is_exception_pending(env_, &pending) == napi_ok && !pending) {
    napi_throw_error(env_, nullptr, "selectloop: a Node-API call failed");
  }
}

}  // namespace selectloop

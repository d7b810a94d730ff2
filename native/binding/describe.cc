#include "binding/describe.h"

namespace selectloop {
namespace {

// Long strings are truncated: the message should identify the value, not show all of it.
constexpr size_t kMostText = 64;

std::string Text(napi_env env, napi_value value) {
  char text[kMostText] = "";
  size_t length = 0;
  napi_get_value_string_utf8(env, value, text, sizeof(text), &length);
  return std::string(text, length);
}

}  // namespace

std::string Describe(napi_env env, napi_value value) {
  napi_valuetype type;
  if (napi_typeof(env, value, &type) != napi_ok) return "something else";
  switch (type) {
    case napi_undefined: return "undefined";
    case napi_null: return "null";
    case napi_function: return "a function";
    case napi_symbol: return "a symbol";
    case napi_bigint: return "a bigint";
    case napi_string: return "'" + Text(env, value) + "'";
    case napi_number:
    case napi_boolean: {
      napi_value text;
      if (napi_coerce_to_string(env, value, &text) == napi_ok) return Text(env, text);
      return "a number";
    }
    case napi_object: {
      bool is_array = false;
      napi_is_array(env, value, &is_array);
      return is_array ? "an array" : "an object";
    }
    default: return "something else";
  }
}

}  // namespace selectloop

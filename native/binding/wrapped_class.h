// JavaScript classes around C++ objects.
//
// Node-API gives the methods of a class a signature: if called on anything but an instance of that class, they throw "Illegal invocation"
// without calling native code, so Arguments::This<Native>() never gets a pointer to an object of another class.

#ifndef SELECTLOOP_BINDING_WRAPPED_CLASS_H_
#define SELECTLOOP_BINDING_WRAPPED_CLASS_H_

#include <node_api.h>

#include <initializer_list>
#include <memory>
#include <vector>

namespace selectloop {

struct Method {
  const char* name;
  napi_callback callback;
};

// Returns null if an exception is pending.
inline napi_value DefineClass(napi_env env, const char* name, napi_callback constructor,
                              std::initializer_list<Method> methods) {
  std::vector<napi_property_descriptor> properties;
  for (const Method& method : methods) {
    properties.push_back(
        {method.name, nullptr, method.callback, nullptr, nullptr, nullptr, napi_default_method, nullptr});
  }
  napi_value result = nullptr;
  napi_define_class(env, name, NAPI_AUTO_LENGTH, constructor, nullptr, properties.size(), properties.data(), &result);
  return result;
}

// Call this first in a constructor: throws a TypeError if it was called without `new`.
inline bool CalledWithNew(napi_env env, napi_callback_info info) {
  napi_value target = nullptr;
  if (napi_get_new_target(env, info, &target) == napi_ok && target != nullptr) return true;
  napi_throw_type_error(env, "ERR_CONSTRUCT_CALL_REQUIRED", "expected a call with new, got one without");
  return false;
}

// Makes the JavaScript object the owner of the native one, which is deleted when the former is collected or its environment ends.
template <typename Native>
void WrapOwned(napi_env env, napi_value object, std::unique_ptr<Native> native) {
  const napi_finalize release = [](napi_env, void* data, void*) { delete static_cast<Native*>(data); };
  if (napi_wrap(env, object, native.get(), release, nullptr, nullptr) == napi_ok) {
    native.release();
  } else {
    napi_throw_error(env, nullptr, "selectloop: the object cannot be wrapped");
  }
}

}  // namespace selectloop

#endif  // SELECTLOOP_BINDING_WRAPPED_CLASS_H_

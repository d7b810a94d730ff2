// How an error message names a value that was not expected.

#ifndef SELECTLOOP_BINDING_DESCRIBE_H_
#define SELECTLOOP_BINDING_DESCRIBE_H_

#include <node_api.h>

#include <string>

namespace selectloop {

// Runs no JavaScript, whatever the value is: neither getters nor toString.
std::string Describe(napi_env env, napi_value value);

}  // namespace selectloop

#endif  // SELECTLOOP_BINDING_DESCRIBE_H_

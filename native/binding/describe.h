// Describes an unexpected value in an error message.

#ifndef SELECTLOOP_BINDING_DESCRIBE_H_
#define SELECTLOOP_BINDING_DESCRIBE_H_

#include <node_api.h>

#include <string>

namespace selectloop {

// Never runs JavaScript, such as getters or toString.
std::string Describe(napi_env env, napi_value value);

}  // namespace selectloop

#endif  // SELECTLOOP_BINDING_DESCRIBE_H_

// Converts socket addresses between JavaScript objects and the kernel's binary form.

#ifndef SELECTLOOP_BINDING_ADDRESS_H_
#define SELECTLOOP_BINDING_ADDRESS_H_

#include <node_api.h>

#include "binding/arguments.h"
#include "core/sockaddr.h"

namespace selectloop {

// Reads the object at `index`. Returns 0, or -errno for an address that cannot be encoded (see EncodeAddress). For wrong types it throws,
// and `args` becomes failed(), as for any other argument. Runs JavaScript if the object has getters.
int ReadAddress(Arguments* args, size_t index, RawAddress* raw);

// Sets the six fields. Returns false if an exception is pending.
bool WriteAddress(napi_env env, napi_value object, const SocketAddress& address);

}  // namespace selectloop

#endif  // SELECTLOOP_BINDING_ADDRESS_H_

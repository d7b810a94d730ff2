// Socket addresses between JavaScript objects and the bytes the kernel reads.

#ifndef SELECTLOOP_BINDING_ADDRESS_H_
#define SELECTLOOP_BINDING_ADDRESS_H_

#include <node_api.h>

#include "binding/arguments.h"
#include "core/sockaddr.h"

namespace selectloop {

// Reads the object at `index`. Returns 0, or -errno for an address the kernel could not be told (see EncodeAddress); the
// meaning of a failed reader is the usual one. Runs JavaScript if the object has getters.
int ReadAddress(Arguments* args, size_t index, RawAddress* raw);

// Sets the six fields. False when an exception is pending.
bool WriteAddress(napi_env env, napi_value object, const SocketAddress& address);

}  // namespace selectloop

#endif  // SELECTLOOP_BINDING_ADDRESS_H_

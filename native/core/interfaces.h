// Network interfaces by number and by name, and the multicast groups that a socket joins on them.

#ifndef SELECTLOOP_CORE_INTERFACES_H_
#define SELECTLOOP_CORE_INTERFACES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "core/sockaddr.h"

namespace selectloop {

struct Interface {
  uint32_t index = 0;
  std::string name;
};

// The index, or -errno; -ENODEV if there is no such interface.
int64_t InterfaceIndex(const std::string& name);

// 0 or -errno; -ENXIO if there is no such interface.
int InterfaceName(uint32_t index, std::string* name);

// 0 or -errno.
int ListInterfaces(std::vector<Interface>* interfaces);

// Joins or leaves a multicast group, from any sender or, if `source` is not null, from that one. Interface 0: the kernel chooses one.
int ChangeGroup(int fd, bool join, const RawAddress& group, uint32_t interface_index, const RawAddress* source);

}  // namespace selectloop

#endif  // SELECTLOOP_CORE_INTERFACES_H_

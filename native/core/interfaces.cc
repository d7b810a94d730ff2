#include "core/interfaces.h"

#include <net/if.h>
#include <netinet/in.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "core/result.h"

namespace selectloop {

int64_t InterfaceIndex(const std::string& name) {
  // A C string ends at the first zero byte, and the kernel cuts longer names.
  if (name.size() >= IF_NAMESIZE || name.find('\0') != std::string::npos) return -ENODEV;
  const unsigned index = if_nametoindex(name.c_str());
  return index == 0 ? -errno : static_cast<int64_t>(index);
}

int InterfaceName(uint32_t index, std::string* name) {
  char text[IF_NAMESIZE];
  if (if_indextoname(index, text) == nullptr) return -errno;
  *name = text;
  return 0;
}

int ListInterfaces(std::vector<Interface>* interfaces) {
  const std::unique_ptr<struct if_nameindex, decltype(&if_freenameindex)> list(if_nameindex(), &if_freenameindex);
  if (list == nullptr) return -errno;
  for (const struct if_nameindex* entry = list.get(); entry->if_index != 0; ++entry) {
    interfaces->push_back({entry->if_index, entry->if_name});
  }
  return 0;
}

int ChangeGroup(int fd, bool join, const RawAddress& group, uint32_t interface_index, const RawAddress* source) {
  // These options work for both families, and take the interface by its index.
  const int level = group.storage.ss_family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP;
  if (source == nullptr) {
    group_req request = {};
    request.gr_interface = interface_index;
    memcpy(&request.gr_group, &group.storage, group.length);
    return ResultOf(setsockopt(fd, level, join ? MCAST_JOIN_GROUP : MCAST_LEAVE_GROUP, &request, sizeof(request)));
  }
  group_source_req request = {};
  request.gsr_interface = interface_index;
  memcpy(&request.gsr_group, &group.storage, group.length);
  memcpy(&request.gsr_source, &source->storage, source->length);
  const int option = join ? MCAST_JOIN_SOURCE_GROUP : MCAST_LEAVE_SOURCE_GROUP;
  return ResultOf(setsockopt(fd, level, option, &request, sizeof(request)));
}

}  // namespace selectloop

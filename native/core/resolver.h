// Resolves names to addresses and back, each query on a separate thread, because getaddrinfo and getnameinfo block.

#ifndef SELECTLOOP_CORE_RESOLVER_H_
#define SELECTLOOP_CORE_RESOLVER_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/background_call.h"
#include "core/sockaddr.h"

namespace selectloop {

struct ResolverQuery {
  std::optional<std::string> host;
  std::optional<std::string> service;
  int family = 0;
  int type = 0;
  int protocol = 0;
  int flags = 0;
};

struct ResolvedAddress {
  SocketAddress address;
  int type = 0;
  int protocol = 0;
  std::string canonical_name;  // only of the first address, with AI_CANONNAME
};

// The error of a getaddrinfo or getnameinfo that has returned `result`, as `Resolution::error` returns it. Call it right after the function,
// because EAI_SYSTEM means that errno has the reason.
//
// Without a free descriptor the C library cannot read its files or ask a name server. It then says that there is no such name, or EAI_SYSTEM
// with the errno of some other call. EMFILE is the true reason, so a failure is followed by an attempt to open a descriptor.
int ResolverError(int result);

// getaddrinfo.
class Resolution : public BackgroundCall {
 public:
  // 0 or -errno. Call it only once.
  int Start(const ResolverQuery& query);

  // Once done: 0, a negative EAI_* code, or a positive errno if that code is EAI_SYSTEM: -ENOENT is the same number as EAI_NONAME.
  int error() const;
  const std::vector<ResolvedAddress>& addresses() const;

 private:
  struct Answer {
    int error = 0;
    std::vector<ResolvedAddress> addresses;
  };
  std::shared_ptr<Answer> answer_;
};

// getnameinfo.
class NameLookup : public BackgroundCall {
 public:
  // `flags` are NI_*. 0 or -errno. Call it only once.
  int Start(const RawAddress& address, int flags);

  // As in Resolution.
  int error() const;
  const std::string& host() const;
  const std::string& service() const;

 private:
  struct Answer {
    int error = 0;
    std::string host;
    std::string service;
  };
  std::shared_ptr<Answer> answer_;
};

}  // namespace selectloop

#endif  // SELECTLOOP_CORE_RESOLVER_H_

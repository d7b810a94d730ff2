// getaddrinfo on a thread of its own, with a descriptor that becomes readable when the answer is there.
//
// Invariant: the thread shares nothing with its asker but a reference-counted state, so it may outlive the Resolution, the
// loop and the whole Node environment (getaddrinfo cannot be cancelled and may take a minute).

#ifndef SELECTLOOP_CORE_RESOLVER_H_
#define SELECTLOOP_CORE_RESOLVER_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

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
  std::string canonical_name;  // of the first one only, with AI_CANONNAME
};

class Resolution {
 public:
  Resolution();
  ~Resolution();
  Resolution(const Resolution&) = delete;
  Resolution& operator=(const Resolution&) = delete;

  // 0 or -errno. To be called once.
  int Start(const ResolverQuery& query);

  // Readable when done; -EBADF after Close(). Owned by the resolution.
  int Fileno() const;

  bool Done() const;
  // Once done: 0, a negative EAI_* code, or -errno where that code is EAI_SYSTEM.
  int error() const;
  const std::vector<ResolvedAddress>& addresses() const;

  void Close();

 private:
  struct State;
  static void* Run(void* state);

  std::shared_ptr<State> state_;
};

}  // namespace selectloop

#endif  // SELECTLOOP_CORE_RESOLVER_H_

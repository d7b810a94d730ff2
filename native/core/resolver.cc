#include "core/resolver.h"

#include <netdb.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/unique_fd.h"
#include "core/wakeup.h"

namespace selectloop {
namespace {

bool HasNul(const std::optional<std::string>& text) { return text && text->find('\0') != std::string::npos; }

std::vector<ResolvedAddress> Copy(const addrinfo* list) {
  std::vector<ResolvedAddress> addresses;
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    RawAddress raw;
    raw.length = std::min<socklen_t>(entry->ai_addrlen, sizeof(raw.storage));
    memcpy(&raw.storage, entry->ai_addr, raw.length);
    ResolvedAddress resolved;
    resolved.address = DecodeAddress(raw);
    resolved.type = entry->ai_socktype;
    resolved.protocol = entry->ai_protocol;
    if (entry->ai_canonname != nullptr) resolved.canonical_name = entry->ai_canonname;
    addresses.push_back(std::move(resolved));
  }
  return addresses;
}

int Resolve(const ResolverQuery& query, std::vector<ResolvedAddress>* addresses) {
  addrinfo hints = {};
  hints.ai_family = query.family;
  hints.ai_socktype = query.type;
  hints.ai_protocol = query.protocol;
  hints.ai_flags = query.flags;
  addrinfo* list = nullptr;
  const int result = getaddrinfo(query.host ? query.host->c_str() : nullptr,
                                 query.service ? query.service->c_str() : nullptr, &hints, &list);
  if (result != 0) return ResolverError(result);
  *addresses = Copy(list);
  freeaddrinfo(list);
  return 0;
}

}  // namespace

int ResolverError(int result) {
  const int reason = errno;
  const UniqueFd probe(CreateEventFd());
  if (probe.get() == -EMFILE || probe.get() == -ENFILE) return -probe.get();
  return result == EAI_SYSTEM ? reason : result;
}

int Resolution::Start(const ResolverQuery& query) {
  if (HasNul(query.host) || HasNul(query.service)) return -EINVAL;
  auto answer = std::make_shared<Answer>();
  answer_ = answer;
  return BackgroundCall::Start([query, answer] { answer->error = Resolve(query, &answer->addresses); });
}

int Resolution::error() const { return answer_->error; }

const std::vector<ResolvedAddress>& Resolution::addresses() const { return answer_->addresses; }

int NameLookup::Start(const RawAddress& address, int flags) {
  auto answer = std::make_shared<Answer>();
  answer_ = answer;
  return BackgroundCall::Start([address, flags, answer] {
    char host[NI_MAXHOST];
    char service[NI_MAXSERV];
    const int result =
        getnameinfo(address.get(), address.length, host, sizeof(host), service, sizeof(service), flags);
    answer->error = result == 0 ? 0 : ResolverError(result);
    if (result != 0) return;
    answer->host = host;
    answer->service = service;
  });
}

int NameLookup::error() const { return answer_->error; }

const std::string& NameLookup::host() const { return answer_->host; }

const std::string& NameLookup::service() const { return answer_->service; }

}  // namespace selectloop

#include "core/resolver.h"

#include <netdb.h>
#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <new>

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

}  // namespace

struct Resolution::State {
  ResolverQuery query;

  // Written by the thread before `done`, read by the asker after it.
  int error = 0;
  std::vector<ResolvedAddress> addresses;
  std::atomic<bool> done{false};

  // The lock keeps the thread from writing to a number that Close() has released and someone else has been given.
  std::mutex mutex;
  UniqueFd notifier;
};

Resolution::Resolution() = default;
Resolution::~Resolution() { Close(); }

int Resolution::Start(const ResolverQuery& query) {
  if (HasNul(query.host) || HasNul(query.service)) return -EINVAL;
  auto state = std::make_shared<State>();
  state->query = query;
  const int notifier = CreateEventFd();
  if (notifier < 0) return notifier;
  state->notifier.Reset(notifier);

  auto* argument = new (std::nothrow) std::shared_ptr<State>(state);
  if (argument == nullptr) return -ENOMEM;
  pthread_attr_t attributes;
  int error = pthread_attr_init(&attributes);
  if (error == 0) {
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    // The new thread inherits the mask: a signal must not land on a thread that nobody knows.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread;
    error = pthread_create(&thread, &attributes, &Resolution::Run, argument);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    pthread_attr_destroy(&attributes);
  }
  if (error != 0) {
    delete argument;
    return -error;
  }
  state_ = std::move(state);
  return 0;
}

void* Resolution::Run(void* argument) {
  auto* passed = static_cast<std::shared_ptr<State>*>(argument);
  const std::shared_ptr<State> state = std::move(*passed);
  delete passed;

  const ResolverQuery& query = state->query;
  addrinfo hints = {};
  hints.ai_family = query.family;
  hints.ai_socktype = query.type;
  hints.ai_protocol = query.protocol;
  hints.ai_flags = query.flags;
  addrinfo* list = nullptr;
  const int error = getaddrinfo(query.host ? query.host->c_str() : nullptr,
                                query.service ? query.service->c_str() : nullptr, &hints, &list);
  if (error == 0) {
    state->addresses = Copy(list);
    freeaddrinfo(list);
  } else {
    state->error = error == EAI_SYSTEM ? -errno : error;
  }
  state->done.store(true);

  const std::lock_guard<std::mutex> lock(state->mutex);
  if (state->notifier.valid()) Notify(state->notifier.get());
  return nullptr;
}

int Resolution::Fileno() const { return state_ && state_->notifier.valid() ? state_->notifier.get() : -EBADF; }

bool Resolution::Done() const { return state_ && state_->done.load(); }

int Resolution::error() const { return state_->error; }

const std::vector<ResolvedAddress>& Resolution::addresses() const { return state_->addresses; }

void Resolution::Close() {
  if (!state_) return;
  const std::lock_guard<std::mutex> lock(state_->mutex);
  state_->notifier.Reset();
}

}  // namespace selectloop

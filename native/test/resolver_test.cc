// Name resolution on a separate thread. Results may be read once Done() is true: a readable descriptor alone does not order the memory
// of the two threads, and ThreadSanitizer reports the race.

#include <netdb.h>
#include <sys/resource.h>

#include <cerrno>

#include "check.h"
#include "channel.h"
#include "core/descriptor_ops.h"
#include "core/event_mask.h"
#include "core/resolver.h"
#include "core/unique_fd.h"
#include "core/wakeup.h"

namespace selectloop {
namespace {

ResolverQuery Numeric(const std::string& host) {
  ResolverQuery query;
  query.host = host;
  query.service = "80";
  query.type = SOCK_STREAM;
  query.flags = AI_NUMERICHOST;
  return query;
}

TEST("a numeric address resolves to itself") {
  Resolution resolution;
  CHECK_EQ(resolution.Start(Numeric("127.0.0.1")), 0);
  CHECK_EQ(WaitFor(resolution.Fileno(), kEventRead, 10000), kEventRead);
  CHECK(resolution.Done());
  CHECK_EQ(resolution.error(), 0);
  CHECK_EQ(resolution.addresses().size(), 1u);
  CHECK_EQ(resolution.addresses()[0].address.host, "127.0.0.1");
  CHECK_EQ(resolution.addresses()[0].address.port, 80);
  CHECK_EQ(resolution.addresses()[0].type, static_cast<int>(SOCK_STREAM));
}

TEST("an unknown name fails with its EAI code") {
  Resolution resolution;
  CHECK_EQ(resolution.Start(Numeric("not.numeric")), 0);
  CHECK_EQ(WaitFor(resolution.Fileno(), kEventRead, 10000), kEventRead);
  CHECK(resolution.Done());
  CHECK_EQ(resolution.error(), EAI_NONAME);
}

TEST("without a free descriptor the error is EMFILE, whatever the C library says") {
  rlimit usual;
  Must(getrlimit(RLIMIT_NOFILE, &usual) == 0);
  const UniqueFd lowest_free(CreateEventFd());
  const rlimit one_more = {static_cast<rlim_t>(lowest_free.get()) + 2, usual.rlim_max};
  Must(setrlimit(RLIMIT_NOFILE, &one_more) == 0);
  Resolution resolution;
  CHECK_EQ(resolution.Start(Numeric("not.numeric")), 0);
  CHECK_EQ(WaitFor(resolution.Fileno(), kEventRead, 10000), kEventRead);
  // The C library may also give the errno of another call.
  errno = EBUSY;
  CHECK_EQ(ResolverError(EAI_SYSTEM), EMFILE);
  Must(setrlimit(RLIMIT_NOFILE, &usual) == 0);
  CHECK(resolution.Done());
  CHECK_EQ(resolution.error(), EMFILE);
  errno = EBUSY;
  CHECK_EQ(ResolverError(EAI_SYSTEM), EBUSY);
}

TEST("closing releases the descriptor, whether or not the thread is done") {
  for (int i = 0; i < 50; ++i) {
    Resolution resolution;
    CHECK_EQ(resolution.Start(Numeric("::1")), 0);
    const int fd = resolution.Fileno();
    resolution.Close();
    resolution.Close();
    CHECK_EQ(resolution.Fileno(), -EBADF);
    CHECK(!IsOpen(fd));
  }
}

TEST("a resolution that was never started is never ready") {
  Resolution resolution;
  CHECK(!resolution.Done());
  CHECK_EQ(resolution.Fileno(), -EBADF);
  CHECK_EQ(resolution.Start(Numeric(std::string("a\0b", 3))), -EINVAL);
}

RawAddress Loopback(uint16_t port) {
  SocketAddress address;
  address.family = AF_INET;
  address.host = "127.0.0.1";
  address.port = port;
  RawAddress raw;
  CHECK_EQ(EncodeAddress(address, &raw), 0);
  return raw;
}

TEST("an address resolves to a name, or to its own text") {
  NameLookup lookup;
  CHECK(!lookup.Done());
  CHECK_EQ(lookup.Fileno(), -EBADF);
  CHECK_EQ(lookup.Start(Loopback(80), NI_NUMERICHOST | NI_NUMERICSERV), 0);
  CHECK_EQ(WaitFor(lookup.Fileno(), kEventRead, 10000), kEventRead);
  CHECK(lookup.Done());
  CHECK_EQ(lookup.error(), 0);
  CHECK_EQ(lookup.host(), "127.0.0.1");
  CHECK_EQ(lookup.service(), "80");
}

TEST("invalid flags fail with their EAI code") {
  NameLookup lookup;
  CHECK_EQ(lookup.Start(Loopback(80), 0x4000), 0);
  CHECK_EQ(WaitFor(lookup.Fileno(), kEventRead, 10000), kEventRead);
  CHECK(lookup.Done());
  CHECK_EQ(lookup.error(), EAI_BADFLAGS);
}

}  // namespace
}  // namespace selectloop

TEST_MAIN

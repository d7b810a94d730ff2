// UniqueFd, calls for any descriptor, and eventfds.

#include <limits.h>
#include <sys/resource.h>

#include <cerrno>
#include <cstring>

#include "check.h"
#include "channel.h"
#include "core/closing.h"
#include "core/descriptor_ops.h"
#include "core/event_mask.h"
#include "core/wakeup.h"

namespace selectloop {
namespace {

TEST("a UniqueFd closes once, and moving empties it") {
  const int fd = CreateEventFd();
  {
    UniqueFd first(fd);
    UniqueFd second(std::move(first));
    CHECK(!first.valid());
    CHECK_EQ(second.get(), fd);
    UniqueFd third;
    third = std::move(second);
    CHECK(IsOpen(fd));
  }
  CHECK(!IsOpen(fd));
}

TEST("Release passes the ownership to the caller") {
  UniqueFd owner(CreateEventFd());
  const int fd = owner.Release();
  owner.Reset();
  CHECK(IsOpen(fd));
  CHECK_EQ(CloseDescriptor(fd), 0);
  CHECK_EQ(CloseDescriptor(fd), -EBADF);
  CHECK_EQ(Probe(fd), -EBADF);
}

// The file that a descriptor refers to.
std::string FileOf(int fd) {
  char target[PATH_MAX] = "";
  const ssize_t length = readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), target, sizeof(target));
  return length < 0 ? "nothing" : std::string(target, static_cast<size_t>(length));
}

// Keeps a standard stream during its lifetime, and puts it back.
class SavedStream {
 public:
  explicit SavedStream(int number) : number_(number), copy_(Duplicate(number)) {}
  ~SavedStream() { Must(dup2(copy_.get(), number_) == number_); }
  SavedStream(const SavedStream&) = delete;
  SavedStream& operator=(const SavedStream&) = delete;

 private:
  const int number_;
  const UniqueFd copy_;
};

TEST("closing a standard stream puts /dev/null in its place") {
  for (const int number : {0, 1, 2}) {
    const SavedStream saved(number);
    Channel pair = MakeSocketPair();
    Must(dup3(pair.a.get(), number, O_CLOEXEC) == number);
    pair.a.Reset();
    CHECK_EQ(CloseDescriptor(number), 0);
    char byte;
    CHECK_EQ(Read(pair.b.get(), &byte, 1), 0);  // the socket itself is closed
    CHECK_EQ(FileOf(number), "/dev/null");
    CHECK_EQ(fcntl(number, F_GETFD), 0);  // children inherit it
    CHECK_EQ(Read(number, &byte, 1), 0);
    CHECK_EQ(Write(number, "x", 1), 1);
    UniqueFd owner(number);
    owner.Reset();
    CHECK_EQ(FileOf(number), "/dev/null");
  }
}

TEST("closing a standard stream fills the gaps below it") {
  const SavedStream input(0), output(1);
  close(0);
  CHECK_EQ(CloseDescriptor(0), -EBADF);
  CHECK_EQ(FileOf(0), "nothing");
  CHECK_EQ(CloseDescriptor(1), 0);
  CHECK_EQ(FileOf(0), "/dev/null");
  CHECK_EQ(FileOf(1), "/dev/null");
  CHECK_EQ(fcntl(0, F_GETFD), 0);
}

TEST("closing a standard stream needs no other number") {
  const SavedStream saved(0);
  Channel pair = MakeSocketPair();
  Must(dup2(pair.a.get(), 0) == 0);
  pair.a.Reset();
  rlimit before;
  Must(getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit standard_only = {3, before.rlim_max};
  Must(setrlimit(RLIMIT_NOFILE, &standard_only) == 0);
  CHECK_EQ(Duplicate(1), -EMFILE);
  CHECK_EQ(CloseDescriptor(0), 0);
  Must(setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK_EQ(FileOf(0), "/dev/null");
  CHECK_EQ(fcntl(0, F_GETFD), 0);
  char byte;
  CHECK_EQ(Read(pair.b.get(), &byte, 1), 0);
}

TEST("every new descriptor is close-on-exec") {
  int32_t pair[2];
  CHECK_EQ(MakePipe(pair), 0);
  const UniqueFd reader(pair[0]), writer(pair[1]), copy(Duplicate(pair[0])), event(CreateEventFd());
  for (const UniqueFd* fd : {&reader, &writer, &copy, &event}) CHECK((fcntl(fd->get(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST("the non-blocking flag can be set, read and cleared") {
  int32_t pair[2];
  MakePipe(pair);
  const UniqueFd reader(pair[0]), writer(pair[1]);
  CHECK_EQ(GetNonBlocking(reader.get()), 0);
  CHECK_EQ(SetNonBlocking(reader.get(), true), 0);
  CHECK_EQ(GetNonBlocking(reader.get()), 1);
  char byte;
  CHECK_EQ(Read(reader.get(), &byte, 1), -EAGAIN);
  CHECK_EQ(SetNonBlocking(reader.get(), false), 0);
  CHECK_EQ(GetNonBlocking(reader.get()), 0);
  CHECK_EQ(GetNonBlocking(-1), -EBADF);
}

TEST("WaitFor returns the ready events") {
  Channel pair = MakeSocketPair();
  CHECK_EQ(WaitFor(pair.a.get(), kEventRead, 1), 0);
  CHECK_EQ(WaitFor(pair.a.get(), kEventRead | kEventWrite, -1), kEventWrite);
  pair.WriteB();
  CHECK_EQ(WaitFor(pair.a.get(), kEventRead, -1), kEventRead);
  CHECK_EQ(WaitFor(-1, kEventRead, -1), -EBADF);
  CHECK_EQ(WaitFor(pair.a.get(), 0, -1), -EINVAL);
}

TEST("an eventfd counts, and one Drain resets it") {
  const UniqueFd event(CreateEventFd());
  CHECK_EQ(Drain(event.get()), 0);
  CHECK_EQ(WaitFor(event.get(), kEventRead, 0), 0);
  for (int i = 0; i < 3; ++i) CHECK_EQ(Notify(event.get()), 0);
  CHECK_EQ(WaitFor(event.get(), kEventRead, 0), kEventRead);
  CHECK_EQ(Drain(event.get()), 0);
  CHECK_EQ(WaitFor(event.get(), kEventRead, 0), 0);
  CHECK_EQ(Notify(-1), -EBADF);
}

TEST("notifying a full eventfd succeeds") {
  const UniqueFd event(CreateEventFd());
  const uint64_t almost = UINT64_MAX - 1;
  Must(write(event.get(), &almost, sizeof(almost)) == sizeof(almost));
  CHECK_EQ(Notify(event.get()), 0);
}

TEST("WriteVector gathers, SendFile copies from an offset") {
  Channel pair = MakeSocketPair();
  char hello[] = "hello ", world[] = "world";
  const iovec parts[] = {{hello, 6}, {world, 5}};
  CHECK_EQ(WriteVector(pair.a.get(), parts, 2), 11);
  char text[16] = "";
  CHECK_EQ(Read(pair.b.get(), text, sizeof(text)), 11);
  CHECK_EQ(std::string(text), "hello world");
  const UniqueFd file(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  CHECK_EQ(SendFile(pair.a.get(), file.get(), 1, 3), 3);
  CHECK_EQ(Read(pair.b.get(), text, sizeof(text)), 3);
  CHECK(memcmp(text, "ELF", 3) == 0);
}

}  // namespace
}  // namespace selectloop

TEST_MAIN

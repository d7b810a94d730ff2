#include "core/closing.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "core/result.h"

namespace selectloop {
namespace {

// EINTR means that the descriptor is closed, and only a final flush was interrupted. If it were reported, callers might close again.
int Close(int fd) { return close(fd) == 0 || errno == EINTR ? 0 : -errno; }

// Opens a placeholder for a closed standard stream: /dev/null; or in a chroot without /dev, the root directory, on which reads and writes
// fail.
int OpenNothing() {
  const int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
  return fd >= 0 ? fd : open("/", O_PATH | O_CLOEXEC);
}

// Closes a placeholder, unless its number is that of a standard stream (0 to 2). There it stays open, and children inherit it.
void Discard(int nothing) {
  if (nothing > STDERR_FILENO) {
    Close(nothing);
  } else if (nothing >= 0) {
    fcntl(nothing, F_SETFD, 0);
  }
}

// Replaces one of the numbers 0 to 2 without ever freeing it, so no other thread can get it.
int Replace(int fd) {
  if (fcntl(fd, F_GETFD) < 0) return -errno;
  const int nothing = OpenNothing();
  if (nothing >= 0) {
    int result;
    do {  // EBUSY: another thread is about to open a file at this number (see dup(2))
      result = dup2(nothing, fd);
    } while (result < 0 && (errno == EINTR || errno == EBUSY));
    const int outcome = result < 0 ? -errno : 0;
    Discard(nothing);
    return outcome;
  }
  // No other number is free (EMFILE), so the released one is what open() returns, unless another thread is faster.
  const int outcome = Close(fd);
  const int replacement = OpenNothing();
  Discard(replacement);
  return outcome;
}

}  // namespace

int CloseDescriptor(int fd) { return fd >= 0 && fd <= STDERR_FILENO ? Replace(fd) : Close(fd); }

}  // namespace selectloop

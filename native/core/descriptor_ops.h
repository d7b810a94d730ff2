// System calls for any descriptor. Each returns a value >= 0 or -errno, and retries on EINTR. closing.h closes them.

#ifndef SELECTLOOP_CORE_DESCRIPTOR_OPS_H_
#define SELECTLOOP_CORE_DESCRIPTOR_OPS_H_

#include <sys/types.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>

namespace selectloop {

int Duplicate(int fd);       // close-on-exec
int Probe(int fd);           // 0 or -EBADF
int MakePipe(int32_t* pair); // read end, write end; close-on-exec, blocking
int SetNonBlocking(int fd, bool non_blocking);
int GetNonBlocking(int fd);
// poll(2) on one descriptor. Returns the ready events, 0 on timeout, -EBADF for a descriptor that is not open.
int WaitFor(int fd, int events, double timeout_ms);

ssize_t Read(int fd, void* data, size_t length);
ssize_t Write(int fd, const void* data, size_t length);
ssize_t WriteVector(int fd, const iovec* parts, size_t count);
ssize_t SendFile(int out_fd, int in_fd, int64_t offset, uint64_t count);

}  // namespace selectloop

#endif  // SELECTLOOP_CORE_DESCRIPTOR_OPS_H_

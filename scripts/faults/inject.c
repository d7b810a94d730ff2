/* Loaded with LD_PRELOAD: makes chosen system calls of the addon fail, or transfer a single byte.

   Only calls that return into selectloop.node are counted and changed, so Node and libuv keep working. The program under test controls
   the library through a file that both have open: SELECTLOOP_FAULTS names it, `struct control` is its layout. Node writes it with
   ordinary writes, and this library maps it. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

/* scripts/faults/control.mjs reads the names from these lines; their order is that of `counts`. */
#define CALLS(X) \
  X(accept4) \
  X(bind) \
  X(chdir) \
  X(clone) \
  X(close) \
  X(close_range) \
  X(connect) \
  X(dup2) \
  X(epoll_create1) \
  X(epoll_ctl) \
  X(epoll_pwait2) \
  X(epoll_wait) \
  X(eventfd) \
  X(execve) \
  X(fcntl64) \
  X(getaddrinfo) \
  X(getdents64) \
  X(getnameinfo) \
  X(getpeername) \
  X(getsockname) \
  X(getsockopt) \
  X(kill) \
  X(listen) \
  X(mmap64) \
  X(pidfd_send_signal) \
  X(pipe2) \
  X(ppoll) \
  X(pselect) \
  X(pthread_create) \
  X(read) \
  X(recv) \
  X(recvfrom) \
  X(recvmsg) \
  X(send) \
  X(sendfile64) \
  X(sendmsg) \
  X(sendto) \
  X(setpgid) \
  X(setsockopt) \
  X(shutdown) \
  X(sigaction) \
  X(socket) \
  X(socketpair) \
  X(waitid) \
  X(write) \
  X(writev)

enum call {
#define X(name) CALL_##name,
  CALLS(X)
#undef X
  CALL_COUNT
};

struct control {
  int32_t active; /* 0: nothing is counted or changed */
  int32_t call;   /* the call to change; -1: none */
  int32_t error;  /* an errno; 0: transfer one byte; negative: an EAI code of getaddrinfo */
  int32_t from;   /* the first call to change, counted from 0 */
  int32_t every;  /* 0: only that one; n: each n-th from there on */
  int32_t fired;  /* how many calls were changed */
  int32_t counts[CALL_COUNT];
};

static struct control* control;
static uintptr_t addon_start, addon_end;

/* The functions of the C library. They are looked up before main, because the child of clone may only make system calls. */
static void* functions[CALL_COUNT];
static const char* const names[CALL_COUNT] = {
#define X(name) #name,
    CALLS(X)
#undef X
};

static void* find(enum call call) {
  if (functions[call] == NULL) functions[call] = dlsym(RTLD_NEXT, names[call]);
  return functions[call];
}

static long (*real_syscall)(long, ...);

__attribute__((constructor)) static void open_control(void) {
  for (int call = 0; call < CALL_COUNT; ++call) find((enum call)call);
  real_syscall = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
  const char* path = getenv("SELECTLOOP_FAULTS");
  const int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  void* memory = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory != MAP_FAILED) control = memory;
  close(fd);
}

static int is_addon(struct dl_phdr_info* info, size_t size, void* data) {
  (void)size;
  (void)data;
  if (strstr(info->dlpi_name, "selectloop.node") == NULL) return 0;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)* header = &info->dlpi_phdr[i];
    if (header->p_type != PT_LOAD || (header->p_flags & PF_X) == 0) continue;
    addon_start = info->dlpi_addr + header->p_vaddr;
    addon_end = addon_start + header->p_memsz;
    return 1;
  }
  return 0;
}

enum verdict { PASS, SHORT, FAIL };

static enum verdict judge(enum call call, const void* caller) {
  if (control == NULL || __atomic_load_n(&control->active, __ATOMIC_RELAXED) == 0) return PASS;
  if (addon_end == 0) dl_iterate_phdr(is_addon, NULL);
  if ((uintptr_t)caller < addon_start || (uintptr_t)caller >= addon_end) return PASS;
  const int number = __atomic_fetch_add(&control->counts[call], 1, __ATOMIC_RELAXED);
  if (control->call != (int)call || number < control->from) return PASS;
  const int since = number - control->from;
  if (control->every == 0 ? since != 0 : since % control->every != 0) return PASS;
  __atomic_fetch_add(&control->fired, 1, __ATOMIC_RELAXED);
  if (control->error == 0) return SHORT;
  errno = control->error;
  return FAIL;
}

#define JUDGE(name) judge(CALL_##name, __builtin_return_address(0))
#define REAL(name) __typeof__(&name) real = (__typeof__(&name))find(CALL_##name)

/* A function that only fails or passes. */
#define WRAP(result, name, parameters, arguments) \
  result name parameters { \
    REAL(name); \
    return JUDGE(name) == FAIL ? (result)-1 : real arguments; \
  }

/* A function that transfers `length` bytes. */
#define WRAP_TRANSFER(name, parameters, length, arguments) \
  ssize_t name parameters { \
    REAL(name); \
    const enum verdict verdict = JUDGE(name); \
    if (verdict == FAIL) return -1; \
    if (verdict == SHORT && length > 1) length = 1; \
    return real arguments; \
  }

WRAP(int, accept4, (int fd, struct sockaddr* address, socklen_t* length, int flags), (fd, address, length, flags))
WRAP(int, bind, (int fd, const struct sockaddr* address, socklen_t length), (fd, address, length))
WRAP(int, chdir, (const char* path), (path))
WRAP(int, dup2, (int from, int to), (from, to))
WRAP(int, epoll_create1, (int flags), (flags))
WRAP(int, epoll_ctl, (int list, int operation, int fd, struct epoll_event* event), (list, operation, fd, event))
WRAP(int, epoll_wait, (int list, struct epoll_event* events, int most, int timeout), (list, events, most, timeout))
WRAP(int, eventfd, (unsigned int count, int flags), (count, flags))
WRAP(int, execve, (const char* path, char* const* arguments, char* const* environment), (path, arguments, environment))
WRAP(int, getpeername, (int fd, struct sockaddr* address, socklen_t* length), (fd, address, length))
WRAP(int, getsockname, (int fd, struct sockaddr* address, socklen_t* length), (fd, address, length))
WRAP(int, getsockopt, (int fd, int level, int option, void* value, socklen_t* length), (fd, level, option, value, length))
WRAP(int, kill, (pid_t pid, int signal), (pid, signal))
WRAP(int, listen, (int fd, int backlog), (fd, backlog))
WRAP(int, pipe2, (int ends[2], int flags), (ends, flags))
WRAP(int, ppoll, (struct pollfd* entries, nfds_t count, const struct timespec* timeout, const sigset_t* mask),
     (entries, count, timeout, mask))
WRAP(int, pselect, (int count, fd_set* read, fd_set* write, fd_set* except, const struct timespec* timeout, const sigset_t* mask),
     (count, read, write, except, timeout, mask))
WRAP(int, setpgid, (pid_t pid, pid_t group), (pid, group))
WRAP(int, setsockopt, (int fd, int level, int option, const void* value, socklen_t length), (fd, level, option, value, length))
WRAP(int, shutdown, (int fd, int how), (fd, how))
WRAP(int, sigaction, (int signal, const struct sigaction* action, struct sigaction* old), (signal, action, old))
WRAP(int, socket, (int family, int type, int protocol), (family, type, protocol))
WRAP(int, socketpair, (int family, int type, int protocol, int ends[2]), (family, type, protocol, ends))
WRAP(ssize_t, recvfrom, (int fd, void* data, size_t length, int flags, struct sockaddr* address, socklen_t* size),
     (fd, data, length, flags, address, size))
WRAP(ssize_t, sendto, (int fd, const void* data, size_t length, int flags, const struct sockaddr* address, socklen_t size),
     (fd, data, length, flags, address, size))

WRAP_TRANSFER(recv, (int fd, void* data, size_t length, int flags), length, (fd, data, length, flags))
WRAP_TRANSFER(send, (int fd, const void* data, size_t length, int flags), length, (fd, data, length, flags))
WRAP_TRANSFER(sendfile64, (int out, int in, off64_t* offset, size_t length), length, (out, in, offset, length))

/* An attempt that a signal interrupts continues. */
int connect(int fd, const struct sockaddr* address, socklen_t length) {
  REAL(connect);
  if (JUDGE(connect) == PASS) return real(fd, address, length);
  const int error = errno;
  if (error == EINTR) real(fd, address, length);
  errno = error;
  return -1;
}

/* Eight bytes are the counter of an eventfd, whose reads and writes fail only if a signal interrupts them. */
static int is_counter(size_t length) { return length == sizeof(uint64_t) && (control == NULL || control->error != EINTR); }

ssize_t read(int fd, void* data, size_t length) {
  REAL(read);
  const enum verdict verdict = is_counter(length) ? PASS : JUDGE(read);
  if (verdict == FAIL) return -1;
  return real(fd, data, verdict == SHORT && length > 1 ? 1 : length);
}

ssize_t write(int fd, const void* data, size_t length) {
  REAL(write);
  /* One byte is a signal: the pipe is the addon's own, and the handler cannot be interrupted. */
  const enum verdict verdict = is_counter(length) || length == 1 ? PASS : JUDGE(write);
  if (verdict == FAIL) return -1;
  return real(fd, data, verdict == SHORT && length > 1 ? 1 : length);
}

/* ECHILD: other code has reaped the child. */
int waitid(idtype_t type, id_t id, siginfo_t* info, int options) {
  REAL(waitid);
  if (JUDGE(waitid) == PASS) return real(type, id, info, options);
  if (errno != ECHILD) return -1;
  const int result = real(type, id, info, options);
  if (result < 0 || info->si_pid == 0) return result;
  errno = ECHILD;
  return -1;
}

/* The number is released even if close(2) reports an error. */
int close(int fd) {
  REAL(close);
  const enum verdict verdict = JUDGE(close);
  const int error = errno;
  const int result = real(fd);
  if (verdict == FAIL) errno = error;
  return verdict == FAIL ? -1 : result;
}

void* mmap64(void* address, size_t length, int protection, int flags, int fd, off64_t offset) {
  REAL(mmap64);
  return JUDGE(mmap64) == FAIL ? MAP_FAILED : real(address, length, protection, flags, fd, offset);
}

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*start)(void*), void* argument) {
  REAL(pthread_create);
  return JUDGE(pthread_create) == FAIL ? control->error : real(thread, attributes, start, argument);
}

int getaddrinfo(const char* host, const char* service, const struct addrinfo* hints, struct addrinfo** list) {
  REAL(getaddrinfo);
  if (JUDGE(getaddrinfo) != FAIL) return real(host, service, hints, list);
  return control->error < 0 ? control->error : EAI_SYSTEM;
}

int getnameinfo(const struct sockaddr* address, socklen_t length, char* host, socklen_t host_size, char* service,
                socklen_t service_size, int flags) {
  REAL(getnameinfo);
  if (JUDGE(getnameinfo) != FAIL) return real(address, length, host, host_size, service, service_size, flags);
  return control->error < 0 ? control->error : EAI_SYSTEM;
}

ssize_t recvmsg(int fd, struct msghdr* message, int flags) {
  REAL(recvmsg);
  const enum verdict verdict = JUDGE(recvmsg);
  if (verdict == FAIL) return -1;
  if (verdict == PASS || message->msg_iovlen == 0) return real(fd, message, flags);
  struct iovec* const first = message->msg_iov;
  const size_t count = message->msg_iovlen;
  struct iovec one = {first->iov_base, first->iov_len > 0};
  message->msg_iov = &one;
  message->msg_iovlen = 1;
  const ssize_t result = real(fd, message, flags);
  message->msg_iov = first;
  message->msg_iovlen = count;
  return result;
}

ssize_t sendmsg(int fd, const struct msghdr* message, int flags) {
  REAL(sendmsg);
  const enum verdict verdict = JUDGE(sendmsg);
  if (verdict == FAIL) return -1;
  if (verdict == PASS || message->msg_iovlen == 0) return real(fd, message, flags);
  struct iovec one = {message->msg_iov[0].iov_base, message->msg_iov[0].iov_len > 0};
  struct msghdr shorter = *message;
  shorter.msg_iov = &one;
  shorter.msg_iovlen = 1;
  return real(fd, &shorter, flags);
}

ssize_t writev(int fd, const struct iovec* buffers, int count) {
  REAL(writev);
  const enum verdict verdict = JUDGE(writev);
  if (verdict == FAIL) return -1;
  if (verdict == PASS || count == 0) return real(fd, buffers, count);
  const struct iovec one = {buffers[0].iov_base, buffers[0].iov_len > 0};
  return real(fd, &one, 1);
}

int fcntl64(int fd, int command, ...) {
  REAL(fcntl64);
  va_list list;
  va_start(list, command);
  void* const argument = va_arg(list, void*);
  va_end(list);
  if (command != F_DUPFD_CLOEXEC) return real(fd, command, argument); /* the others cannot fail on an open descriptor */
  return JUDGE(fcntl64) == FAIL ? -1 : real(fd, command, argument);
}

int clone(int (*start)(void*), void* stack, int flags, void* argument, ...) {
  REAL(clone);
  va_list list;
  va_start(list, argument);
  void* const parent = va_arg(list, void*);
  void* const tls = va_arg(list, void*);
  void* const child = va_arg(list, void*);
  va_end(list);
  return JUDGE(clone) == FAIL ? -1 : real(start, stack, flags, argument, parent, tls, child);
}

/* The calls that the addon makes without a wrapper of the C library. */
static int call_of(long number) {
  switch (number) {
    case SYS_getdents64: return CALL_getdents64;
    case 424: return CALL_pidfd_send_signal;
    case 436: return CALL_close_range;
    case 441: return CALL_epoll_pwait2;
    default: return -1;
  }
}

long syscall(long number, ...) {
  long arguments[6];
  va_list list;
  va_start(list, number);
  for (int i = 0; i < 6; ++i) arguments[i] = va_arg(list, long);
  va_end(list);
  const int call = call_of(number);
  if (call >= 0 && judge((enum call)call, __builtin_return_address(0)) == FAIL) return -1;
  if (real_syscall == NULL) real_syscall = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
  return real_syscall(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
}

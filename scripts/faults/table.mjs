/** Which errors each system call is given, and at which of its calls: those that its manual page names. */

const TRANSFER = ['EINTR', 'EAGAIN', 'SHORT'];
const RECEIVE = [...TRANSFER, 'ECONNRESET', 'ENOMEM', 'ETIMEDOUT'];
const SEND = [...TRANSFER, 'EPIPE', 'ECONNRESET', 'ENOBUFS'];

const ERRORS = {
  accept4: ['EINTR', 'EAGAIN', 'ECONNABORTED', 'EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EPERM', 'EPROTO', 'ENETDOWN'],
  bind: ['EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL'],
  chdir: ['ENOENT', 'EACCES'],
  clone: ['EAGAIN', 'ENOMEM'],
  close: ['EINTR', 'EIO'],
  close_range: ['ENOSYS', 'EPERM'],
  connect: ['EINTR', 'ECONNREFUSED', 'ETIMEDOUT', 'ENETUNREACH', 'EADDRNOTAVAIL', 'EAGAIN', 'EPERM'],
  dup2: ['EBUSY', 'EMFILE'],
  epoll_create1: ['EMFILE', 'ENFILE', 'ENOMEM'],
  epoll_ctl: ['ENOMEM', 'ENOSPC'],
  epoll_pwait2: ['EINTR', 'EFAULT'],
  epoll_wait: ['EINTR', 'EFAULT'],
  eventfd: ['EMFILE', 'ENFILE', 'ENOMEM'],
  execve: ['EACCES', 'ENOENT', 'ENOMEM', 'ETXTBSY', 'E2BIG'],
  fcntl64: ['EMFILE'],
  getaddrinfo: ['EAI_AGAIN', 'EAI_FAIL', 'EAI_MEMORY', 'EMFILE'],
  getdents64: ['ENOMEM'],
  getnameinfo: ['EAI_AGAIN', 'EAI_FAIL', 'EAI_MEMORY', 'EMFILE'],
  getpeername: ['ENOTCONN', 'ENOBUFS'],
  getsockname: ['ENOBUFS'],
  getsockopt: ['ENOBUFS'],
  kill: ['EPERM', 'ESRCH'],
  listen: ['EADDRINUSE'],
  mmap64: ['ENOMEM'],
  pidfd_send_signal: ['EPERM', 'ESRCH'],
  pipe2: ['EMFILE', 'ENFILE'],
  ppoll: ['EINTR', 'ENOMEM'],
  pselect: ['EINTR', 'ENOMEM'],
  pthread_create: ['EAGAIN'],
  read: [...TRANSFER, 'EIO', 'ENOMEM'],
  recv: RECEIVE,
  recvfrom: ['EINTR', 'EAGAIN', 'ECONNREFUSED', 'ENOMEM'],
  recvmsg: RECEIVE,
  send: SEND,
  sendfile64: [...TRANSFER, 'EIO', 'EINVAL', 'ENOMEM'],
  sendmsg: SEND,
  sendto: ['EINTR', 'EAGAIN', 'ENOBUFS', 'EPERM', 'ENETUNREACH'],
  setpgid: ['EPERM'],
  setsockopt: ['ENOPROTOOPT', 'ENOMEM'],
  shutdown: ['ENOTCONN'],
  sigaction: ['EINVAL'],
  socket: ['EMFILE', 'ENFILE', 'ENOBUFS', 'EACCES', 'EAFNOSUPPORT'],
  socketpair: ['EMFILE'],
  waitid: ['EINTR', 'ECHILD'],
  write: [...TRANSFER, 'EPIPE', 'EIO', 'ENOSPC'],
  writev: [...TRANSFER, 'EPIPE', 'EIO', 'ENOSPC'],
};

/** What a kernel does now and then, but not each time: repeating the call is the right answer. */
const PASSING = new Set(['EINTR', 'EAGAIN', 'SHORT', 'ECONNABORTED']);

/**
 * The faults for one system call that a scenario makes `count` times without any: its first call, the one in the middle, the last, and
 * all of them; for an error that passes every second one instead of all.
 */
export function faultsOf(call, count) {
  const places = [...new Set([0, Math.floor(count / 2), count - 1])];
  return ERRORS[call].flatMap((error) => [
    ...places.map((from) => ({ call, error, from, every: 0 })),
    { call, error, from: 0, every: PASSING.has(error) ? 2 : 1 },
  ]);
}

/** A fault as text: `accept4 EMFILE at call 3`, `accept4 EMFILE at every call`. */
export function describeFault({ call, error, from, every }) {
  const place = ['call ' + (from + 1), 'every call', 'every second call'][every];
  return `${call} ${error} at ${place}`;
}

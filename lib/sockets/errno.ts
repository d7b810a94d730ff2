/** The error numbers that the library reacts to; negative, as the addon returns them: `EAGAIN` here is what comments call -EAGAIN. */

import { nativeConstant } from './native-constant.js';

/** Another socket is bound to the address, or a file has the name. */
export const EADDRINUSE = -nativeConstant('EADDRINUSE');
/** No interface has this address, or any address of its family (IPv6 may be disabled). */
export const EADDRNOTAVAIL = -nativeConstant('EADDRNOTAVAIL');
/** The kernel does not support this address family (IPv6 may be compiled out), or the library does not know its addresses. */
export const EAFNOSUPPORT = -nativeConstant('EAFNOSUPPORT');
/** The call would have to wait. */
export const EAGAIN = -nativeConstant('EAGAIN');
/** An earlier connect is still in progress. */
export const EALREADY = -nativeConstant('EALREADY');
/** Not an open descriptor. */
export const EBADF = -nativeConstant('EBADF');
/** No socket is listening at this address. */
export const ECONNREFUSED = -nativeConstant('ECONNREFUSED');
/** The peer reset the connection. From `close`, it does not mean that the close failed. */
export const ECONNRESET = -nativeConstant('ECONNRESET');
/** The connection attempt continues in the background. */
export const EINPROGRESS = -nativeConstant('EINPROGRESS');
/** Interrupted by a signal. */
export const EINTR = -nativeConstant('EINTR');
/** An argument is invalid. */
export const EINVAL = -nativeConstant('EINVAL');
/** The message is too long for a datagram, or for the buffer. */
export const EMSGSIZE = -nativeConstant('EMSGSIZE');
/** The kernel does not have this system call. */
export const ENOSYS = -nativeConstant('ENOSYS');
/** The operation is not supported for this object. Linux has two names for this number; Node prints EOPNOTSUPP as ENOTSUP. */
export const ENOTSUP = -nativeConstant('EOPNOTSUPP');
/** The peer no longer reads. */
export const EPIPE = -nativeConstant('EPIPE');
/** The file is not seekable: a pipe, a terminal, a socket. */
export const ESPIPE = -nativeConstant('ESPIPE');
/** No such process exists. */
export const ESRCH = -nativeConstant('ESRCH');

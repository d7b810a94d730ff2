/** The error numbers that the library reacts to, as the addon returns them: negative. */

import { nativeConstant } from './native-constant.js';

/** No interface has this address, or one of this family: IPv6 can be turned off. */
export const EADDRNOTAVAIL = -nativeConstant('EADDRNOTAVAIL');
/** The kernel does not know this family: IPv6 can be compiled out. Or the addresses of this family are unknown here. */
export const EAFNOSUPPORT = -nativeConstant('EAFNOSUPPORT');
/** Would wait. */
export const EAGAIN = -nativeConstant('EAGAIN');
/** An earlier connect is still in progress. */
export const EALREADY = -nativeConstant('EALREADY');
/** Not an open descriptor. */
export const EBADF = -nativeConstant('EBADF');
/** The peer gave up while its connection was in the backlog. */
export const ECONNABORTED = -nativeConstant('ECONNABORTED');
/** No socket is bound there. */
export const ECONNREFUSED = -nativeConstant('ECONNREFUSED');
/** The peer ended the connection; from `close` it says nothing about the close. */
export const ECONNRESET = -nativeConstant('ECONNRESET');
/** A connect goes on in the background. */
export const EINPROGRESS = -nativeConstant('EINPROGRESS');
/** Interrupted by a signal. */
export const EINTR = -nativeConstant('EINTR');
/** An argument that makes no sense here. */
export const EINVAL = -nativeConstant('EINVAL');
/** The message is too long for one, or for the room that there was. */
export const EMSGSIZE = -nativeConstant('EMSGSIZE');
/** The kernel does not have this call. */
export const ENOSYS = -nativeConstant('ENOSYS');
/** This object, or this combination of objects, cannot do that. Linux has two names for the number; Node prints this one. */
export const ENOTSUP = -nativeConstant('EOPNOTSUPP');
/** The peer receives nothing more. */
export const EPIPE = -nativeConstant('EPIPE');
/** A file without offsets: a pipe, a terminal, a socket. */
export const ESPIPE = -nativeConstant('ESPIPE');
/** There is no such process (any more). */
export const ESRCH = -nativeConstant('ESRCH');

/** The results of the addon that the sockets react to, as it returns them: negative. */

import { nativeConstant } from './native-constant.js';

/** The addresses of this family are unknown here. */
export const EAFNOSUPPORT = -nativeConstant('EAFNOSUPPORT');
/** Would wait. */
export const EAGAIN = -nativeConstant('EAGAIN');
/** Not an open descriptor. */
export const EBADF = -nativeConstant('EBADF');
/** The peer ended the connection; from `close` it says nothing about the close. */
export const ECONNRESET = -nativeConstant('ECONNRESET');
/** A connect goes on in the background. */
export const EINPROGRESS = -nativeConstant('EINPROGRESS');
/** This object, or this combination of objects, cannot do that. */
export const ENOTSUP = -nativeConstant('EOPNOTSUPP');
/** Interrupted by a signal. */
export const EINTR = -nativeConstant('EINTR');
/** The peer receives nothing more. */
export const EPIPE = -nativeConstant('EPIPE');
/** An argument that makes no sense here. */
export const EINVAL = -nativeConstant('EINVAL');
/** The message is too long for one, or for the room that there was. */
export const EMSGSIZE = -nativeConstant('EMSGSIZE');

export { type NameInfo, type NameInfoOptions, getnameinfo } from './getnameinfo.js';
export { waitReadable, waitWritable } from './readiness.js';
export { ResolutionError } from './resolution-error.js';
export { type ResolveOptions, type ResolvedAddress, getaddrinfo } from './resolver.js';
export { acceptPauseMs, sockAccept } from './sock-accept.js';
export { sockRecv, sockRecvInto, sockSendAll } from './sock-bytes.js';
export { sockConnect } from './sock-connect.js';
export { sockRecvFrom, sockRecvFromInto, sockSendTo } from './sock-datagrams.js';
export { sockSendFile } from './sock-sendfile.js';

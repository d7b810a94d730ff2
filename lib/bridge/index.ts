export { duplexOf } from './duplex-of.js';
export { DuplexTransport } from './duplex-transport.js';
export { checkNodeRuns } from './needs-node.js';
export { destroyWithLoop } from './node-socket.js';
export { TransportDuplex } from './transport-duplex.js';

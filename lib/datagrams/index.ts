export {
  type DatagramEndpoint,
  type DatagramEndpointOptions,
  createDatagramEndpoint,
} from './create-datagram-endpoint.js';
export { DatagramTransport } from './datagram-transport.js';

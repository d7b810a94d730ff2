/** Whether a text is a numeric IP address. */

export { isIP, isIPv4, isIPv6 } from 'node:net';

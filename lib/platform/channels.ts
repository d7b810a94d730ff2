/** Named channels for events, to which observers subscribe. */

export { channel } from 'node:diagnostics_channel';

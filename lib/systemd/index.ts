/** The protocols between a service and the manager that runs it, such as systemd. They need nothing of systemd but environment variables. */

export { type ListenFd, listenFds, takeListenFds } from './listen-fds.js';
export { announceReady, announceStopping, announceReloading } from './announce.js';
export { sdNotify } from './notify.js';

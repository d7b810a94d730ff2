/** The protocols between a service and the manager that runs it, such as systemd. They need nothing of systemd but environment variables. */

export { type ListenFd, listenFds } from './listen-fds.js';
export { sdNotify } from './notify.js';

// Signals as bytes on a descriptor.
//
// Signal dispositions belong to the process, so the table behind these two functions is the only process-wide state of the
// addon: every Node environment of the process shares it, and the kernel may run the handler on any thread at any moment.
// Whoever watches a signal must unwatch it before it closes the descriptor.

#ifndef SELECTLOOP_CORE_SIGNALS_H_
#define SELECTLOOP_CORE_SIGNALS_H_

namespace selectloop {

// Each arrival of `signal` writes one byte, its number, to `fd` (non-blocking). 0 or -errno: -EBUSY when it is watched through
// another descriptor, -EINVAL when it cannot be caught. Watched through `fd` already, as ReinstallSignal.
int WatchSignal(int signal, int fd);

// Installs our handler again if the signal is watched, through whichever descriptor, and another handler, or the default, has taken
// its place; that handler is called from now on. 0 or -errno.
int ReinstallSignal(int signal);

// -ENOENT when it is not watched through `fd`.
int UnwatchSignal(int signal, int fd);

}  // namespace selectloop

#endif  // SELECTLOOP_CORE_SIGNALS_H_

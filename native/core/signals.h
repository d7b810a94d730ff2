// Signals as bytes on a descriptor.
//
// Signal dispositions belong to the process, so the table behind these functions is the only process-wide state of the addon. All Node
// environments of the process share it, and the kernel may run the handler on any thread at any moment. A caller must unwatch a signal
// before it closes the descriptor.

#ifndef SELECTLOOP_CORE_SIGNALS_H_
#define SELECTLOOP_CORE_SIGNALS_H_

namespace selectloop {

// Writes one byte, the number of the signal, to `fd` (non-blocking) for each arrival. 0 or -errno: -EBUSY if the signal is watched
// through another descriptor, -EINVAL if it cannot be caught. If it is already watched through `fd`, acts as ReinstallSignal.
int WatchSignal(int signal, int fd);

// Reinstalls our handler if the signal is watched through any descriptor, and another handler, or the default, has replaced ours; our
// handler then calls that one. 0 or -errno.
int ReinstallSignal(int signal);

// -ENOENT if the signal is not watched through `fd`.
int UnwatchSignal(int signal, int fd);

}  // namespace selectloop

#endif  // SELECTLOOP_CORE_SIGNALS_H_

// How a system call's outcome becomes the number that crosses into JavaScript.
//
// Invariant: everything in core/ returns a value >= 0, or -errno. Nothing else reads errno after the fact, so no clean-up
// code (a close in a destructor, say) can overwrite the reason of a failure.

#ifndef SELECTLOOP_CORE_RESULT_H_
#define SELECTLOOP_CORE_RESULT_H_

#include <cerrno>

namespace selectloop {

// The result itself, or -errno.
template <typename Number>
Number ResultOf(Number result) {
  return result < 0 ? static_cast<Number>(-errno) : result;
}

// Repeats a call that a signal interrupted. Only for calls without a timeout: a wait has to shorten its timeout, or a
// periodic signal would prolong it for ever (see Deadline).
template <typename Call>
auto RetryOnEintr(Call call) -> decltype(call()) {
  decltype(call()) result;
  do {
    result = call();
  } while (result < 0 && errno == EINTR);
  return ResultOf(result);
}

}  // namespace selectloop

#endif  // SELECTLOOP_CORE_RESULT_H_

// Converts the outcome of a system call to the number that JavaScript gets.
//
// Invariant: everything in core/ returns a value >= 0, or -errno. No other code reads errno later, so clean-up code, such as a close
// in a destructor, cannot overwrite the reason of a failure.

#ifndef SELECTLOOP_CORE_RESULT_H_
#define SELECTLOOP_CORE_RESULT_H_

#include <cerrno>

namespace selectloop {

// Returns the result itself, or -errno.
template <typename Number>
Number ResultOf(Number result) {
  return result < 0 ? static_cast<Number>(-errno) : result;
}

// Repeats a call that was interrupted by a signal. Only for calls without a timeout: a wait must shorten its timeout before each retry,
// or a periodic signal would prolong it indefinitely (see Deadline).
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

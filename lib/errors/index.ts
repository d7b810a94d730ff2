export { CancelledError, isCancelled } from './cancelled-error.js';
export { type OptionNames, checkNames, checkOptions, optionNames, ownOptions } from './options.js';
export {
  describeError,
  describeValue,
  nameOfFunction,
  outOfRange,
  refuseCallback,
  textOf,
  wrongHost,
  wrongType,
} from './describe.js';
export { KeyboardInterrupt, fatal, isFatal } from './fatal.js';
export {
  DeadlockError,
  InvalidStateError,
  LoopError,
  type LoopErrorCode,
  SelectorError,
  TimeoutError,
} from './loop-errors.js';
export { isError, isInstance } from './is-error.js';
export { OSError, type OSErrorTarget, checked, describePath } from './os-error.js';

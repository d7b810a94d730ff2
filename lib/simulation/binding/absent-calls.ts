/** What the simulated kernel does not have. Each call returns -ENOSYS, and the error that the library makes of it names the call. */

import type { NativeBinding, NativeHost, NativeLibuvEdges } from '../../native/contract.js';
import { ENOSYS } from '../kernel/errno.js';

type AbsentCalls = Pick<
  NativeBinding,
  | 'Host'
  | 'LibuvEdges'
  | 'changeGroup'
  | 'sendfile'
  | 'watchSignal'
  | 'reinstallSignal'
  | 'unwatchSignal'
  | 'resolve'
  | 'lookUpName'
  | 'spawn'
  | 'reapChild'
  | 'signalChild'
  | 'signalGroup'
  | 'releaseChild'
>;

const absent = (): number => -ENOSYS;

/** There is no libuv below: the host of a simulation drives its loops itself. */
class AbsentHost implements NativeHost {
  start(): number {
    return -ENOSYS;
  }

  stop(): void {
    // It never started.
  }

  setRef(): void {
    // There is no process to keep alive.
  }

  activeRequests(): number {
    return 0;
  }

  backendFd(): number {
    return -1;
  }
}

class AbsentEdges implements NativeLibuvEdges {
  open(): number {
    return -ENOSYS;
  }

  clear(): number {
    return -ENOSYS;
  }

  close(): void {
    // It was never open.
  }
}

export const absentCalls: AbsentCalls = {
  Host: AbsentHost,
  LibuvEdges: AbsentEdges,
  changeGroup: absent,
  sendfile: absent,
  watchSignal: absent,
  reinstallSignal: absent,
  unwatchSignal: absent,
  resolve: absent,
  lookUpName: absent,
  spawn: absent,
  reapChild: absent,
  signalChild: absent,
  signalGroup: absent,
  releaseChild: absent,
};

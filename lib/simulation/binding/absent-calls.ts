/** What the simulated kernel does not have. Each call returns -ENOSYS, and the error that the library makes of it names the call. */

import type { NativeBinding, NativeLibuvEdges } from '../../native/contract.js';
import { ENOSYS } from '../kernel/errno.js';

type AbsentCalls = Pick<
  NativeBinding,
  'LibuvEdges' | 'changeGroup' | 'sendfile' | 'spawn' | 'reapChild' | 'signalChild' | 'signalGroup' | 'releaseChild'
>;

const absent = (): number => -ENOSYS;

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
  LibuvEdges: AbsentEdges,
  changeGroup: absent,
  sendfile: absent,
  spawn: absent,
  reapChild: absent,
  signalChild: absent,
  signalGroup: absent,
  releaseChild: absent,
};

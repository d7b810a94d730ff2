/** The process group that a child starts in, and how long it outlives its parent. */

import { InvalidStateError, checked, outOfRange, wrongType } from '../errors/index.js';
import { type Signal, signalNumber } from '../signals/index.js';
import { native } from '../native/binding.js';

/** The process group and the session of a child. At most one of the two may be given. */
export interface GroupOptions {
  /**
   * true: the child leads a new session, and so a new process group (`setsid`), as with `detached` in `node:child_process` and
   * `start_new_session` in Python. It has no controlling terminal, so it gets neither Ctrl-C nor the hangup of this terminal. Default:
   * false.
   *
   * Detached or not, a child never keeps this process alive.
   */
  detached?: boolean;
  /**
   * The process group that the child starts in (`setpgid`), as `process_group` in Python. 'new' means a group that the child leads, so
   * that {@link Process.killGroup} also reaches the programs that it starts. A number (≥ 2) is the id of an existing group in this
   * session, such as the pid of a child started with 'new'. Default: the group of this process.
   *
   * A new group stays in this session but is not the foreground group of the terminal: Ctrl-C does not reach the child, and reading from
   * the terminal stops it (SIGTTIN).
   */
  processGroup?: 'new' | number;
  /**
   * The signal that the kernel sends to the child when this thread ends, however it ends (PR_SET_PDEATHSIG), so that a child need not
   * outlive a parent that was killed. A child that gains privileges, such as a set-user-ID program, does not get it. Default: none.
   */
  parentDeathSignal?: Signal;
}

/** The group in the form that the addon takes. */
export interface ChildGroup {
  /** One of `group` of `native.spawn`. */
  readonly kind: number;
  /** The id of the group to join; 0 otherwise. */
  readonly joined: number;
  /** The number of `parentDeathSignal`; 0 for none. */
  readonly deathSignal: number;
}

const [INHERIT, NEW_GROUP, NEW_SESSION, JOIN] = [0, 1, 2, 3] as const;
/** The lowest valid group: kill(2) treats group 0 as the caller's own group and group 1 as all processes. */
const FIRST_GROUP = 2;
const MAX_GROUP = 2 ** 31 - 1;

/** Checks the options. TypeError or RangeError for misuse. */
export function groupOf(options: GroupOptions): ChildGroup {
  const { parentDeathSignal } = options;
  return { ...startOf(options), deathSignal: parentDeathSignal === undefined ? 0 : signalNumber(parentDeathSignal) };
}

function startOf({ detached = false, processGroup }: GroupOptions): Omit<ChildGroup, 'deathSignal'> {
  if (typeof detached !== 'boolean') throw wrongType('createSubprocess: detached', 'a boolean', detached);
  if (detached && processGroup !== undefined) {
    const expected = "no processGroup beside 'detached', which makes a new group itself";
    throw outOfRange('createSubprocess: processGroup', expected, processGroup);
  }
  if (detached) return { kind: NEW_SESSION, joined: 0 };
  if (processGroup === undefined) return { kind: INHERIT, joined: 0 };
  const expected = "'new' or the id (an integer of at least 2) of a process group";
  if (typeof processGroup !== 'number' && typeof processGroup !== 'string')
    throw wrongType('createSubprocess: processGroup', expected, processGroup);
  if (processGroup === 'new') return { kind: NEW_GROUP, joined: 0 };
  if (!Number.isInteger(processGroup) || processGroup < FIRST_GROUP || processGroup > MAX_GROUP)
    throw outOfRange('createSubprocess: processGroup', expected, processGroup);
  return { kind: JOIN, joined: processGroup };
}

/** Returns the group id of a child that was started with these options; null if it is in the group of this process. */
export function groupId(group: ChildGroup, pid: number): number | null {
  if (group.kind === INHERIT) return null;
  return group.kind === JOIN ? group.joined : pid;
}

/** Sends a signal to all processes of a group. */
export function signalGroup(id: number | null, signal: number): void {
  if (id === null) {
    const advice = "start it with processGroup: 'new' or detached: true";
    throw new InvalidStateError(`killGroup: the child is in the process group of this process (${advice})`);
  }
  checked(native.signalGroup(id, signal), 'kill');
}

/** Which process group a child starts in. */

import { InvalidStateError, checked, outOfRange, wrongType } from '../errors/index.js';
import { native } from '../native/binding.js';

/** The process group and the session of a child. At most one of the two may be given. */
export interface GroupOptions {
  /**
   * true: the child leads a new session, and so a new process group (`setsid`), as with `detached` of `node:child_process` and
   * `start_new_session` of Python. It has no controlling terminal: Ctrl-C and the hangup of ours do not reach it. Default: false.
   *
   * A child never keeps this process alive, detached or not.
   */
  detached?: boolean;
  /**
   * The process group that the child starts in (`setpgid`), as `process_group` of Python. 'new': one that it leads, for
   * {@link Process.killGroup} to reach the programs that it starts in turn. A number (≥ 2): the id of a group that exists in our
   * session, such as the pid of a child started with 'new'. Default: the group of this process.
   *
   * A new group stays in our session but is not the foreground group of the terminal: Ctrl-C does not reach the child, and
   * reading from the terminal stops it (SIGTTIN).
   */
  processGroup?: 'new' | number;
}

/** The group as the addon takes it. */
export interface ChildGroup {
  /** One of `group` of `native.spawn`. */
  readonly kind: number;
  /** The id of the group to join; 0 otherwise. */
  readonly joined: number;
}

const [INHERIT, NEW_GROUP, NEW_SESSION, JOIN] = [0, 1, 2, 3] as const;
/** kill(2) takes the groups 0 and 1 for the caller's own and for every process there is. */
const FIRST_GROUP = 2;
const MAX_GROUP = 2 ** 31 - 1;

/** Checks the options. TypeError, RangeError for misuse. */
export function groupOf({ detached = false, processGroup }: GroupOptions): ChildGroup {
  if (typeof detached !== 'boolean') throw wrongType('createSubprocess: detached', 'a boolean', detached);
  if (detached && processGroup !== undefined) {
    const expected = "no processGroup beside 'detached', which makes a new group itself";
    throw outOfRange('createSubprocess: processGroup', expected, processGroup);
  }
  if (detached) return { kind: NEW_SESSION, joined: 0 };
  if (processGroup === undefined) return { kind: INHERIT, joined: 0 };
  const expected = "'new' or the id (an integer ≥ 2) of a process group";
  if (typeof processGroup !== 'number' && typeof processGroup !== 'string')
    throw wrongType('createSubprocess: processGroup', expected, processGroup);
  if (processGroup === 'new') return { kind: NEW_GROUP, joined: 0 };
  if (!Number.isInteger(processGroup) || processGroup < FIRST_GROUP || processGroup > MAX_GROUP)
    throw outOfRange('createSubprocess: processGroup', expected, processGroup);
  return { kind: JOIN, joined: processGroup };
}

/** The id of the group of a child that was started with these options; null if it is in ours. */
export function groupId(group: ChildGroup, pid: number): number | null {
  if (group.kind === INHERIT) return null;
  return group.kind === JOIN ? group.joined : pid;
}

/** Signals all processes of a group. */
export function signalGroup(id: number | null, signal: number): void {
  if (id === null) {
    const advice = "start it with processGroup: 'new' or detached: true";
    throw new InvalidStateError(`killGroup: the child is in the process group of this process (${advice})`);
  }
  checked(native.signalGroup(id, signal), 'kill');
}

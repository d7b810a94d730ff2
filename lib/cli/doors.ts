/** Finds the door that the command line names. */

import { readFileSync, statSync } from 'node:fs';

import { type DoorFile, doorFiles, processExists } from '../inspect/directory.js';
import { UsageError } from './command-line.js';
import { forceDoor } from './unprepared.js';

/** A process with a door, for the list. */
export interface ListedDoor {
  readonly door: string;
  readonly pid: number;
  readonly program: string;
}

/** How a program gets a door. */
const ADVICE = 'start it with SELECTLOOP_INSPECT=1 or run(main, { inspect: true })';

/** Returns our doors. Nothing connects to them: a connection would start the inspector thread of each. */
export function listDoors(): ListedDoor[] {
  return doorFiles()
    .filter(({ pid }) => processExists(pid))
    .map(({ name, pid }) => ({ door: name, pid, program: programOf(pid) }));
}

/** Returns the command line of a process. */
function programOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replace(/\0$/, '').replaceAll('\0', ' ');
  } catch {
    return ''; // it has just ended
  }
}

/**
 * Returns the door that `target` names: a process ID, or the name of a door such as `4711-2`.
 *
 * @throws UsageError for another text; an Error that says why there is none
 */
export function findDoor(target: string): DoorFile {
  const door = findDoorOrNone(target);
  if (door !== null) return door;
  throw new Error(`process ${target} has no door: ${ADVICE}`);
}

/** The same; opens a door in a process that has none, see unprepared.ts. */
export async function findOrForceDoor(target: string): Promise<DoorFile> {
  const door = findDoorOrNone(target);
  if (door !== null) return door;
  await forceDoor(Number(target));
  return findDoor(target);
}

function findDoorOrNone(target: string): DoorFile | null {
  const [, digits] = /^(\d{1,10})(-[\w-]+)?$/.exec(target) ?? [];
  if (digits === undefined) {
    throw new UsageError(`expected a process ID, or the name of a door such as 4711-1, got ${JSON.stringify(target)}`);
  }
  const pid = Number(digits);
  const uid = ownerOf(pid);
  const own = process.getuid?.() ?? 0;
  if (uid !== own && own !== 0)
    throw new Error(`process ${pid} belongs to another user (${uid}): only that user can look into it`);
  const doors = doorFiles(uid).filter((door) => door.pid === pid);
  const found = doors.filter((door) => target === digits || door.name === target);
  const [door] = found;
  if (found.length === 1 && door !== undefined) return door;
  const names = doors.map(({ name }) => name).join(', ');
  if (found.length > 1) throw new Error(`process ${pid} has ${found.length} loops, so name one of them: ${names}`);
  if (doors.length > 0) throw new Error(`there is no door ${target}; process ${pid} has ${names}`);
  return null;
}

function ownerOf(pid: number): number {
  try {
    return statSync(`/proc/${pid}`).uid;
  } catch {
    throw new Error(`there is no process ${pid}`);
  }
}

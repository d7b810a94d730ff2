/** A temporary folder for the files of programs and of child processes. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let made: string | null = null;

/** Returns the folder, and creates it at the first call. It is removed when this process ends. */
export function folder(): string {
  if (made !== null) return made;
  const path = mkdtempSync(join(tmpdir(), 'fuzz-'));
  process.once('exit', () => rmSync(path, { recursive: true, force: true }));
  made = path;
  return path;
}

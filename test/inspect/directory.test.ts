/** Tests where doors are made: who can enter, and what a killed process leaves. */

import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { AF_UNIX, Socket } from 'selectloop/sockets';
import { openInspector } from 'selectloop/inspect';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { doorFiles, removeStale } from '../../lib/inspect/directory.js';
import { openLoop } from '../support/loops.js';

/** Larger than any process ID of Linux. */
const NO_PROCESS = 4_194_305;

describe('the directory of the doors', () => {
  let runtime = '';
  let directory = '';
  beforeEach(() => {
    runtime = mkdtempSync(join(tmpdir(), 'sl-'));
    directory = join(runtime, 'selectloop');
    vi.stubEnv('XDG_RUNTIME_DIR', runtime);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(runtime, { recursive: true });
  });

  /** Leaves a socket as a killed process does. */
  function leaveSocket(name: string): string {
    const path = join(directory, name);
    using socket = new Socket(AF_UNIX);
    socket.bind({ path });
    socket.listen();
    return path;
  }

  it('and each socket in it are ours alone, whatever the umask', () => {
    const umask = process.umask(0);
    using loop = openLoop();
    using door = openInspector(loop);
    process.umask(umask);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(statSync(door.path).mode & 0o777).toBe(0o600);
    expect(door.path).toBe(join(directory, `${door.name}.sock`));
    expect(doorFiles()).toContainEqual({ name: door.name, pid: process.pid, path: door.path });
  });

  it('is not trusted if it is a symbolic link, a file, or open to others', () => {
    using loop = openLoop();
    const refusals: Array<[() => void, string]> = [
      [() => symlinkSync(mkdtempSync(join(runtime, 'other-')), directory), 'got a symbolic link'],
      [() => writeFileSync(directory, ''), 'got a file that is no directory'],
      [() => mkdirSync(directory, { mode: 0o750 }), 'got mode 0750'],
    ];
    for (const [make, reason] of refusals) {
      make();
      expect(() => openInspector(loop)).toThrow(
        expect.objectContaining({
          code: 'ERR_INSPECTOR_UNAVAILABLE',
          message: `expected ${directory} to be ours alone, ${reason}`,
        }),
      );
      expect(doorFiles()).not.toContainEqual(expect.objectContaining({ pid: process.pid }));
      rmSync(directory, { recursive: true });
    }
    using door = openInspector(loop); // a refused door leaves the loop as it was
    expect(existsSync(door.path)).toBe(true);
  });

  it('loses the sockets of processes that have ended, and keeps the others', () => {
    using loop = openLoop();
    using door = openInspector(loop);
    const stale = leaveSocket(`${NO_PROCESS}-1.sock`);
    using alive = new Socket(AF_UNIX); // of another PID namespace
    const shared = join(directory, `${NO_PROCESS}-2.sock`);
    alive.bind({ path: shared });
    alive.listen();
    writeFileSync(join(directory, 'notes.txt'), '');
    removeStale();
    expect(existsSync(stale)).toBe(false);
    expect(readdirSync(directory).sort()).toEqual([`${NO_PROCESS}-2.sock`, `${door.name}.sock`, 'notes.txt'].sort());
  });

  it('has room for a door although a former process with our number has left one', () => {
    using loop = openLoop();
    const { name } = openInspector(loop);
    const number = Number(name.split('-').at(-1));
    leaveSocket(`${process.pid}-${number + 1}.sock`);
    using second = openLoop();
    const door = openInspector(second);
    expect(door.name).toBe(`${process.pid}-${number + 1}`);
    using client = new Socket(AF_UNIX);
    client.connect({ path: door.path });
  });

  it('is in /tmp if the runtime directory does not exist or is too long for a socket', () => {
    for (const path of [join(runtime, 'gone'), `/${'x'.repeat(100)}`, 'relative']) {
      vi.stubEnv('XDG_RUNTIME_DIR', path);
      using loop = openLoop();
      using door = openInspector(loop);
      expect(door.path).toBe(`/tmp/selectloop-${process.getuid?.()}/${door.name}.sock`);
    }
  });
});

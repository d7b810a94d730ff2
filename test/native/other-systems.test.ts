/** Systems that are not Linux: the library loads, simulated programs run, and what needs the kernel says so in one sentence. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { expect, it } from 'vitest';

import { ROOT } from '../docs/documents.js';

const AS_MACOS = `Object.defineProperty(process, 'platform', { value: 'darwin' });`;

const PROGRAM = `
import { openConnection, runSync, sleep, startServer } from 'selectloop';
import { AF_INET, Socket } from 'selectloop/sockets';
import { EpollSelector } from 'selectloop/selectors';
import { simulate } from 'selectloop/simulation';

const lines = [];
const failed = (fn) => {
  try {
    fn();
  } catch (error) {
    lines.push(error.code + ' ' + error.message);
  }
};
const outcome = simulate({ seeds: 1 }, (world) => {
  const server = world.host('server', function* () {
    yield* startServer(function* (reader, writer) {
      writer.write(yield* reader.readline());
      writer.close();
    }, '0.0.0.0', 7000);
    yield* sleep(5000);
  });
  return world.host('client', function* () {
    yield* sleep(100);
    const { reader, writer } = yield* openConnection(server.address, 7000);
    writer.write(Buffer.from('over the wire\\n'));
    lines.push(String(yield* reader.readline()).trim());
    writer.close();
    try {
      yield* openConnection(server.address, 7001);
    } catch (error) {
      lines.push(error.code + ' ' + error.errno);
    }
  });
});
if (outcome.failure !== null) lines.push(String(outcome.failure.stack));
failed(() => runSync(() => sleep(1)));
failed(() => new Socket(AF_INET));
failed(() => new EpollSelector());
console.log(JSON.stringify(lines));
`;

it('runs simulated programs on macOS, with the errors of Linux, and asks for Linux where the kernel is needed', async () => {
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(AS_MACOS)}`, '--input-type=module', '--eval', PROGRAM],
    { cwd: ROOT },
  );
  const lines = JSON.parse(stdout) as string[];
  expect(stderr).toBe('');
  expect(new Set(lines.slice(0, 2))).toEqual(new Set(['over the wire', 'ECONNREFUSED -111']));
  const needs = lines.slice(-3);
  for (const line of needs) {
    expect(line).toMatch(
      /^ERR_NEEDS_LINUX \w+: expected Linux, whose system calls the library makes, got darwin-\w+; /,
    );
  }
});

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';

import { beforeAll, describe, expect, it } from 'vitest';

import { programs } from '../../examples/support/catalogue.js';
import { type Ending, startFile } from '../support/child-program.js';
import { commandLines } from './command-lines.js';

const expectedMistake =
  'selectloop: unknown command "nonsense": expected one of echo, example, info, inspect, play, ps, pstree, repl, sockets\n';
const command = (...args: string[]): Promise<Ending> => startFile('dist/cli/main.js', args).ended;

describe('selectloop with a mistake prints one line and ends with an exit code', () => {
  const mistakes: Array<[string, string[], number, string]> = [
    ['port 70000', ['echo', '--port', '70000'], 2, '--port: expected a port from 0 to 65535, got "70000"'],
    ['a port that is not a number', ['echo', '--port', '8x'], 2, '--port: expected a port from 0 to 65535, got "8x"'],
    [
      'an unknown selector',
      ['echo', '--selector', 'kqueue'],
      2,
      '--selector: expected one of select, poll, epoll, got "kqueue"',
    ],
    [
      'an unknown api',
      ['echo', '--api', 'magic'],
      2,
      '--api: expected one of sockets, async, protocol, streams, got "magic"',
    ],
    ['zero workers', ['echo', '--workers', '0'], 2, '--workers: expected a number from 1 to 256, got "0"'],
    [
      'workers that are not a number',
      ['echo', '--workers', 'x'],
      2,
      '--workers: expected a number from 1 to 256, got "x"',
    ],
    [
      'a trace of a process that does not serve',
      ['echo', '--workers', '2', '--trace', 'x.txt'],
      2,
      '--trace records only this process, which does not serve with --workers: omit one of the two',
    ],
    ['an unknown option', ['echo', '--foo'], 2, "Unknown option '--foo'"],
    ['a missing value', ['echo', '--port'], 2, "Option '--port <value>' argument missing"],
    ['a positional argument', ['echo', 'extra'], 2, "Unexpected argument 'extra'"],
    [
      'an unknown command',
      ['serve'],
      2,
      'unknown command "serve": expected one of echo, example, info, inspect, play, ps, pstree, repl, sockets',
    ],
    ['an unknown example', ['example', 'flwo'], 2, 'there is no example "flwo"; did you mean "tiny/flow"?'],
    [
      'a name from Object.prototype',
      ['constructor'],
      2,
      'unknown command "constructor": expected one of echo, example, info, inspect, play, ps, pstree, repl, sockets',
    ],
    [
      'async functions in blocking mode',
      ['echo', '--api', 'async', '--blocking'],
      2,
      "--api async needs Node's own loop: async functions cannot run with --blocking",
    ],
    [
      'a trace file of another kind',
      ['echo', '--trace', 'trace.xml'],
      2,
      '--trace: expected a file name that ends in .txt, .json or .html, got "trace.xml"',
    ],
    [
      'a trace file that cannot be written',
      ['echo', '--port', '0', '--trace', '/nowhere/trace.txt'],
      1,
      "ENOENT: no such file or directory, open '/nowhere/trace.txt'",
    ],
    ['play without a trace', ['play'], 2, 'play: expected one trace or process, got 0'],
    ['play of a process that is not there', ['play', '4194305'], 1, 'there is no process 4194305'],
    [
      'play of a file for some seconds',
      ['play', '--seconds', '2', 'LICENSE'],
      2,
      '--seconds: expected a process to record, got the file LICENSE',
    ],
    ['play of an unknown option', ['play', '--speed', '2'], 2, "Unknown option '--speed'"],
    ['play of a missing file', ['play', '/nowhere'], 1, "ENOENT: no such file or directory, open '/nowhere'"],
    ['play of text', ['play', 'LICENSE'], 1, 'play: expected the JSON of a trace in LICENSE, got something else'],
    ['play of other JSON', ['play', 'package.json'], 1, 'play: expected a trace in package.json, got other JSON'],
    ['an unresolvable host', ['echo', '--host', 'nosuch.invalid'], 1, 'getaddrinfo ENOTFOUND nosuch.invalid'],
    [
      'an address of another machine',
      ['echo', '--host', '192.0.2.1', '--port', '0'],
      1,
      'bind EADDRNOTAVAIL 192.0.2.1:0',
    ],
  ];
  let endings: Array<Partial<Ending>>;
  beforeAll(async () => {
    endings = await commandLines(mistakes.map(([, args]) => args));
  });

  it.each(mistakes)('%s', (what, _, code, line) => {
    const ending = endings[mistakes.findIndex(([each]) => each === what)];
    expect(ending).toEqual({ code, stdout: '', stderr: `selectloop: ${line}\n` });
  });

  it('an unknown selector in SELECTLOOP_SELECTOR', async () => {
    const { ended } = startFile('dist/cli/main.js', ['echo', '--port', '0'], {
      env: { SELECTLOOP_SELECTOR: 'kqueue' },
    });
    expect(await ended).toMatchObject({
      code: 1,
      stderr: 'selectloop: SELECTLOOP_SELECTOR: expected one of select, poll, epoll, got "kqueue"\n',
    });
  });
});

describe('selectloop', () => {
  it('shows its version, its usage without arguments and when it is asked for help, and the usage of one command', async () => {
    const endings = await commandLines([[], ['--help'], ['-h'], ['help'], ['echo', '--help'], ['--version']]);
    expect(endings.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(endings.pop()!.stdout).toBe('0.1.0\n');
    const ofOne = endings.pop()!;
    for (const { stdout } of endings) {
      expect(stdout).toMatch(/^usage: selectloop COMMAND/);
      expect(stdout).toContain('--blocking');
    }
    expect(ofOne.stdout).toMatch(/^selectloop echo/);
  });

  it('info lists the available selectors, the limits and the versions', async () => {
    const { code, stdout, stderr } = await command('info');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const name of ['select', 'poll', 'epoll']) expect(stdout).toMatch(new RegExp(`^${name} +works`, 'm'));
    expect(stdout).toMatch(new RegExp(`^node +${process.versions.node.replaceAll('.', '\\.')}`, 'm'));
    expect(stdout).toMatch(/^open files +\d+ now/m);
    expect(stdout).toMatch(/^kernel +Linux/m);
    expect(stdout).toMatch(/^addon +\/.*selectloop.*\.node$/m);
  });
});

describe('selectloop example', () => {
  it('lists the programs, and runs one with its own arguments', async () => {
    const [list, run, ofOne, mistaken] = await commandLines([
      ['example'],
      ['example', 'steps/step01'],
      ['example', '--help'],
      ['example', 'flow', '--help'],
    ]);
    const lines = list!.stdout!.split('\n');
    for (const { name, header } of programs()) {
      expect(lines.find((line) => line.trim().startsWith(`${name} `))).toContain(header[0]);
    }
    expect(run).toMatchObject({ code: 0, stdout: expect.stringMatching(/^calling the function\n/) as string });
    expect(ofOne!.stdout).toMatch(/^selectloop example/);
    expect(mistaken).toEqual({ code: 2, stdout: '', stderr: "Unknown option '--help'\n" });
  });
});

describe.concurrent('selectloop with a closed stdout', () => {
  it.each(['info', 'info --help', '--help', '--version', 'nonsense'])(
    'ends %s without an error message',
    async (line) => {
      // The reader is gone before the command starts.
      const script = `(sleep 0.3; exec "${process.execPath}" dist/cli/main.js ${line}; ) | true; echo "\${PIPESTATUS[0]}"`;
      const { stdout, stderr } = await promisify(execFile)('bash', ['-c', script]);
      expect(stderr).toBe(line === 'nonsense' ? expectedMistake : '');
      expect(stdout).toBe(line === 'nonsense' ? '2\n' : '0\n');
    },
  );

  it('ends an echo server in an orderly way, without an error message', async () => {
    const script = `exec "${process.execPath}" dist/cli/main.js echo --port 0`;
    const program = spawn('bash', ['-c', script], { stdio: ['ignore', 'pipe', 'pipe'] });
    program.stdout.destroy();
    const errors = text(program.stderr);
    const [code] = (await once(program, 'exit')) as [number];
    expect([code, await errors]).toEqual([0, '']);
  });

  it('reports in one line that the output cannot be written', async () => {
    const script = `"${process.execPath}" dist/cli/main.js info > /dev/full; echo $?`;
    const { stdout, stderr } = await promisify(execFile)('bash', ['-c', script]);
    expect(stderr).toMatch(/^selectloop: ENOSPC[^\n]*\n$/);
    expect(stdout).toBe('1\n');
  });
});

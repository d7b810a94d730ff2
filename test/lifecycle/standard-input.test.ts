/** Standard input that is a file, a directory or /dev/null, in separate programs with shell redirection, on every selector. */

import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { runProgram } from '../support/child-program.js';

let folder: string;
const inputs = { 'a regular file': '', '/dev/null': '/dev/null', '/dev/zero': '/dev/zero' };
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'selectloop-stdin-'));
  inputs['a regular file'] = join(folder, 'input');
  writeFileSync(inputs['a regular file'], 'some lines\n'.repeat(10));
});
afterAll(() => rmSync(folder, { recursive: true }));

const PRELUDE = `
  import { closeSync, openSync, readSync } from 'node:fs';
  import {
    Future, connectReadPipe, createTask, getRunningLoop, run, runSync, sleep, waitReadable, waitWritable
  } from 'selectloop';
  const failure = function* (body) {
    try { return yield* body(); } catch (error) { return error.name + ' ' + error.code + ' ' + error.message; }
  };
`;

/** One process tries all kinds of loops, because starting it takes most of the time. */
const kinds = ['select', 'poll', 'epoll'].flatMap((selector) => [`${selector}, hosted`, `${selector}, blocking`]);

const ON_EACH_KIND = `
  const outputs = {};
  for (const kind of ${JSON.stringify(kinds)}) {
    const [selector, mode] = kind.split(', ');
    closeSync(0);
    openSync(process.env.INPUT); // the lowest number is free
    outputs[kind] = await (mode === 'hosted' ? run : runSync)(main, { selector });
  }
  console.log(JSON.stringify(outputs));
`;

describe.concurrent('standard input, on each selector, hosted and blocking', () => {
  /** The result of the program's main, which must be the same on each kind of loop. */
  const outputWith = async (input: string, program: string): Promise<unknown> => {
    const ending = await runProgram(PRELUDE + program + ON_EACH_KIND, { stdinFile: input, env: { INPUT: input } });
    expect(ending).toMatchObject({ code: 0, signal: null, stderr: '' });
    const outputs = JSON.parse(ending.stdout) as Record<string, unknown>;
    const [first] = Object.values(outputs);
    expect(outputs).toEqual(Object.fromEntries(kinds.map((kind) => [kind, first])));
    return first;
  };

  it.each(Object.keys(inputs) as Array<keyof typeof inputs>)(
    'waitReadable(0) returns immediately, twice: %s',
    async (input) => {
      const program = `const main = function* () {
      yield* waitReadable(0);
      const first = readSync(0, Buffer.alloc(4));
      yield* waitReadable(0);
      return first;
    };`;
      expect(await outputWith(inputs[input], program)).toBe(input === '/dev/null' ? 0 : 4);
    },
  );

  it.each(Object.keys(inputs) as Array<keyof typeof inputs>)(
    'addReader(0) is called until it is removed, and does not starve other callbacks: %s',
    async (input) => {
      const program = `const main = function* () {
        const loop = getRunningLoop();
        let calls = 0;
        const enough = new Future();
        loop.addReader(0, () => (calls += 1) === 5 && enough.setResult());
        yield* sleep(1);
        yield* enough;
        const removed = loop.removeReader(0);
        const before = calls;
        let iterations = Infinity; // V8 may wake libuv a while after a collection
        for (let i = 0; i < 50 && iterations >= 20; i += 1) {
          const start = loop.statistics().iterations;
          yield* sleep(20);
          iterations = loop.statistics().iterations - start;
        }
        return [removed, loop.removeReader(0), calls - before, iterations < 20].join();
      };`;
      expect(await outputWith(inputs[input], program)).toBe('true,false,0,true');
    },
  );

  it('addReader and addWriter work together on one descriptor of a regular file', async () => {
    const program = `const main = function* () {
      const loop = getRunningLoop();
      const [readable, writable, again] = [new Future(), new Future(), new Future()];
      loop.addReader(0, () => readable.done() || readable.setResult());
      loop.addWriter(0, () => writable.done() || writable.setResult());
      yield* readable;
      yield* writable;
      loop.removeReader(0);
      loop.addWriter(0, () => again.done() || again.setResult());
      yield* again;
      return [loop.removeWriter(0), loop.removeWriter(0)].join();
    };`;
    expect(await outputWith(inputs['a regular file'], program)).toBe('true,false');
  });

  it('a cancelled wait for a regular file leaves nothing registered', async () => {
    const program = `const main = function* () {
      const task = createTask(waitReadable(0));
      yield;
      task.cancel();
      yield* sleep(5);
      const { readers } = getRunningLoop().statistics();
      yield* waitReadable(0);
      return [task.done(), readers].join();
    };`;
    expect(await outputWith(inputs['a regular file'], program)).toBe('true,0');
  });

  it('connectReadPipe(…, 0) on /dev/null ends in an orderly way', async () => {
    const program = `const main = function* () {
      const ended = new Future();
      const said = [];
      yield* connectReadPipe(() => ({
        connectionMade() { said.push('made'); },
        dataReceived() { said.push('data'); },
        eofReceived() { said.push('eof'); },
        connectionLost(error) { said.push('lost ' + error); ended.setResult(); },
      }), 0);
      yield* ended;
      return said.join();
    };`;
    expect(await outputWith('/dev/null', program)).toBe('made,eof,lost null');
  });

  it('connectReadPipe(…, 0) on /dev/zero receives until it is closed', async () => {
    const program = `const main = function* () {
      const ended = new Future();
      let received = 0;
      let transport;
      yield* connectReadPipe(() => ({
        connectionMade(made) { transport = made; },
        dataReceived(data) { received += data.length; if (received > 100_000) transport.close(); },
        connectionLost(error) { ended.setResult(error); },
      }), 0);
      return [yield* ended, received > 100_000].join();
    };`;
    expect(await outputWith('/dev/zero', program)).toBe(',true');
  });

  it('connectReadPipe(…, 0) on a regular file or a directory is a TypeError that says what to do', async () => {
    const program = `const main = () => failure(() => connectReadPipe(() => ({}), 0));`;
    const expected = 'expected the descriptor of a pipe, a socket or a terminal, got descriptor 0';
    expect(await outputWith(inputs['a regular file'], program)).toBe(
      `TypeError ERR_INVALID_ARG_TYPE connectReadPipe: fd: ${expected}, a regular file: ` +
        'read it with node:fs, such as fs.createReadStream or fs.readFileSync',
    );
    expect(await outputWith(folder, program)).toBe(`TypeError ERR_INVALID_ARG_TYPE connectReadPipe: fd: ${expected}`);
  });
});

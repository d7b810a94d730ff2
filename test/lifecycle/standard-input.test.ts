/** Standard input that is a file, a directory or /dev/null, in separate programs with shell redirection, on every selector. */

import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { runProgram } from '../support/child-program.js';

let folder: string;
const inputs = { 'a regular file': '', 'a directory': '', '/dev/null': '/dev/null', '/dev/zero': '/dev/zero' };
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'selectloop-stdin-'));
  inputs['a directory'] = folder;
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

const kinds = ['select', 'poll', 'epoll'].flatMap((selector) => [`${selector}, hosted`, `${selector}, blocking`]);

/** What a process runs on each kind of loop, each time with the input opened anew. */
const ON_EACH_KIND = `
  const outputs = {};
  for (const [name, main] of Object.entries(mains)) {
    outputs[name] = {};
    for (const kind of ${JSON.stringify(kinds)}) {
      const [selector, mode] = kind.split(', ');
      closeSync(0);
      openSync(process.env.INPUT); // the lowest number is free
      outputs[name][kind] = await (mode === 'hosted' ? run : runSync)(main, { selector });
    }
  }
  console.log(JSON.stringify(outputs));
`;

/** The main functions, by the names of their tests. */
const MAINS = {
  'waitReadable(0) returns immediately, twice': `function* () {
    yield* waitReadable(0);
    const first = readSync(0, Buffer.alloc(4));
    yield* waitReadable(0);
    return first;
  }`,
  'addReader(0) is called until it is removed, and does not starve other callbacks': `function* () {
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
  }`,
  'addReader and addWriter work together on one descriptor': `function* () {
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
  }`,
  'a cancelled wait leaves nothing registered': `function* () {
    const task = createTask(waitReadable(0));
    yield;
    task.cancel();
    yield* sleep(5);
    const { readers } = getRunningLoop().statistics();
    yield* waitReadable(0);
    return [task.done(), readers].join();
  }`,
  'connectReadPipe(…, 0) ends in an orderly way': `function* () {
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
  }`,
  'connectReadPipe(…, 0) receives until it is closed': `function* () {
    const ended = new Future();
    let received = 0;
    let transport;
    yield* connectReadPipe(() => ({
      connectionMade(made) { transport = made; },
      dataReceived(data) { received += data.length; if (received > 100_000) transport.close(); },
      connectionLost(error) { ended.setResult(error); },
    }), 0);
    return [yield* ended, received > 100_000].join();
  }`,
  'connectReadPipe(…, 0) on a regular file or a directory is a TypeError that says what to do': `() => failure(() => connectReadPipe(() => ({}), 0))`,
};

type Name = keyof typeof MAINS;

const WAITS = 'waitReadable(0) returns immediately, twice';
const READER = 'addReader(0) is called until it is removed, and does not starve other callbacks';
const REFUSED = 'connectReadPipe(…, 0) on a regular file or a directory is a TypeError that says what to do';
const refusal =
  'TypeError ERR_INVALID_ARG_TYPE connectReadPipe: fd: expected the descriptor of a pipe, a socket or a terminal, got descriptor 0';

/** What each main returns, by input. One process tries all of an input, because starting it takes most of the time. */
const EXPECTED: Array<[keyof typeof inputs, Partial<Record<Name, unknown>>]> = [
  [
    'a regular file',
    {
      [WAITS]: 4,
      [READER]: 'true,false,0,true',
      'addReader and addWriter work together on one descriptor': 'true,false',
      'a cancelled wait leaves nothing registered': 'true,0',
      [REFUSED]: `${refusal}, a regular file: read it with node:fs, such as fs.createReadStream or fs.readFileSync`,
    },
  ],
  [
    '/dev/null',
    {
      [WAITS]: 0,
      [READER]: 'true,false,0,true',
      'connectReadPipe(…, 0) ends in an orderly way': 'made,eof,lost null',
    },
  ],
  [
    '/dev/zero',
    {
      [WAITS]: 4,
      [READER]: 'true,false,0,true',
      'connectReadPipe(…, 0) receives until it is closed': ',true',
    },
  ],
  ['a directory', { [REFUSED]: refusal }],
];

describe.each(EXPECTED)('standard input that is %s, on each selector, hosted and blocking', (input, expected) => {
  const names = Object.keys(expected) as Name[];
  let outputs: Record<string, Record<string, unknown>>;
  beforeAll(async () => {
    const mains = names.map((name) => `${JSON.stringify(name)}: ${MAINS[name]}`);
    const program = `${PRELUDE} const mains = { ${mains.join(', ')} }; ${ON_EACH_KIND}`;
    const ending = await runProgram(program, { stdinFile: inputs[input], env: { INPUT: inputs[input] } });
    expect(ending).toMatchObject({ code: 0, signal: null, stderr: '' });
    outputs = JSON.parse(ending.stdout) as typeof outputs;
  });

  it.each(names)('%s', (name) => {
    expect(outputs[name]).toEqual(Object.fromEntries(kinds.map((kind) => [kind, expected[name]])));
  });
});

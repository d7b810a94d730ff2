/** The end of a process with a loop: what keeps the process alive, and with which code it exits, as any Node program would. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { runProgram, startFile, startProgram } from '../support/child-program.js';

const SELECTORS = ['select', 'poll', 'epoll'] as const;
const NAMES = 'run, runSync, sleep, createTask, Future, Socket, sockAccept, getRunningLoop, newEventLoop';
const ESM = `import { ${NAMES} } from 'selectloop';\n`;
const CJS = `const { ${NAMES} } = require('selectloop');\n`;
const LISTENER = `
  const listener = new Socket();
  listener.setBlocking(false);
  listener.bind({ host: '127.0.0.1', port: 0 });
  listener.listen();
`;

/** `main` in both flavours. */
const flavours = (asyncBody: string, generatorBody: string): Array<[string, string]> => [
  ['an async function', `async function main() { ${asyncBody} }`],
  ['a generator', `function* main() { ${generatorBody} }`],
];

/** One process goes through all that keeps it alive, because starting it takes most of the time; it would not come to what follows. */
describe.concurrent.each(SELECTORS)('a process with a loop on %s', (selector) => {
  it('is kept alive by a sleep, a callLater and a wait for a connection, continues with its Node timers, and ends with code 0', async () => {
    const program = startProgram(
      `import { connect, createServer } from 'node:net';
       ${ESM}${LISTENER}
       const called = (future) => { getRunningLoop().callLater(60, () => future.setResult('called')); return future; };
       process.on('SIGUSR2', () => connect(listener.getsockname().port).end());
       const accept = (main) => {
         setTimeout(() => console.log('waiting in', main.name), 20);
         return run(main).then(({ socket }) => { socket.close(); console.log('accepted'); });
       };
       const serve = () => run(async () => {
         const server = createServer((socket) => socket.end('served'));
         server.listen(0, '127.0.0.1');
         setTimeout(() => {
           connect(server.address().port).setEncoding('utf8').on('data', (text) => { console.log(text); server.close(end); });
         }, 50);
       });
       // Everything that could keep it alive lasts an hour: if a timer, a task or the host did, the program would be killed.
       const mains = [async () => { await sleep(1); return 'async'; }, function* () { yield* sleep(1); return 'generator'; }];
       const end = async () => {
         for (const main of mains) console.log(await run(async () => {
           createTask(() => sleep(3_600_000));
           getRunningLoop().callLater(3_600_000, () => undefined);
           return await createTask(main);
         }));
       };
       run(async () => { await sleep(60); console.log('slept'); })
         .then(() => run(async () => await called(new Future())))
         .then((result) => console.log(result))
         .then(() => accept(async function inAsync() { return await sockAccept(listener); }))
         .then(() => accept(function* inGenerator() { return yield* sockAccept(listener); }))
         .then(() => listener.close())
         .then(serve)
         .then(() => console.log('ended'));`,
      { env: { SELECTLOOP_SELECTOR: selector } },
    );
    for (const waits of [/waiting in inAsync/, /waiting in inGenerator/]) {
      await program.printed(waits);
      // Only the listening socket is left. A process that was about to exit would have done so by now.
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(program.process.exitCode).toBe(null);
      program.process.kill('SIGUSR2');
    }
    const waits = ['slept', 'called', 'waiting in inAsync', 'accepted', 'waiting in inGenerator', 'accepted'];
    const stdout = [...waits, 'ended', 'served', 'async', 'generator', ''].join('\n');
    expect(await program.ended).toEqual({ code: 0, signal: null, stdout, stderr: '' });
  });
});

/** What a process prints that exits while main waits. */
const STUCK =
  /^selectloop: the process ends before main: nothing can wake the event loop: .* waiting: <Task pending .*>\n/;

describe.concurrent('a process with a loop', () => {
  /** The behaviour does not depend on the selector, so each test uses a different one. */
  const inTurn = (cases: ReadonlyArray<[string, string]>): Array<[string, string, NodeJS.ProcessEnv]> =>
    cases.map(([flavour, main], i) => [flavour, main, { SELECTLOOP_SELECTOR: SELECTORS[i % SELECTORS.length] }]);

  it.each(
    inTurn([
      ...flavours('await new Future();', 'yield* new Future();'),
      ...flavours('await new Promise(() => {});', 'yield* createTask(() => new Promise(() => {}));'),
    ]),
  )("exits with Node's code 13 when main, %s, can never end: %s", async (_, main, env) => {
    const ending = await runProgram(`${ESM}${main}\nawait run(main);`, { env });
    expect(ending).toMatchObject({ code: 13, signal: null, stdout: '' });
    expect(ending.stderr).toMatch(STUCK);
  });

  it.each(inTurn(flavours('await new Future();', 'yield* new Future();')))(
    'exits with 0 when main, %s in CommonJS, can never end and is not awaited, and says so',
    async (_, main, env) => {
      const ending = await runProgram(`${CJS}${main}\nrun(main).then(() => console.log('never'));`, {
        env,
        type: 'commonjs',
      });
      expect(ending).toMatchObject({ code: 0, signal: null, stdout: '' });
      expect(ending.stderr).toMatch(STUCK);
    },
  );

  it('exits with the code of process.exit, called in either flavour or in a callback of the loop or of Node', async () => {
    const programs = inTurn([
      ['21', `await run(async () => { await sleep(1); process.exit(21); });`],
      ['22', `await run(function* () { yield* sleep(1); process.exit(22); });`],
      ['23', `await run(async () => { getRunningLoop().callSoon(() => process.exit(23)); await sleep(1e6); });`],
      ['24', `await run(async () => { setTimeout(() => process.exit(24), 1); await sleep(1e6); });`],
      ['25', `runSync(function* () { yield* sleep(1); process.exit(25); });`],
    ]);
    const endings = await Promise.all(programs.map(([, program, env]) => runProgram(ESM + program, { env })));
    expect(endings.map(({ code }) => String(code))).toEqual(programs.map(([code]) => code));
    expect(endings.map(({ stderr }) => stderr).join('')).toBe('');
  });

  it("can be given more work by a 'beforeExit' listener while main waits", async () => {
    const ending = await runProgram(
      `${ESM}
       const woken = await run(async () => {
         const future = new Future();
         process.once('beforeExit', () => future.setResult('woken'));
         const result = await future;
         await sleep(20);
         return result;
       });
       console.log(woken);`,
    );
    expect(ending).toMatchObject({ code: 0, stdout: 'woken\n', stderr: '' });
  });

  it('runs loops again after a blocking run threw, and is not kept alive by a loop that was used and never closed', async () => {
    const ending = await runProgram(
      `${ESM}
       try { runSync(function* () { throw new Error('mine'); }); } catch (error) { console.log(error.message); }
       console.log(await run(async () => 'hosted'), runSync(function* () { return 'blocking'; }));
       const loop = newEventLoop();
       loop.callLater(3_600_000, () => undefined);
       console.log(loop.runUntilComplete(sleep(1, 'done')));`,
    );
    expect(ending).toMatchObject({ code: 0, stdout: 'mine\nhosted blocking\ndone\n' });
  });
});

describe('a main that throws', () => {
  const folder = mkdtempSync(join(tmpdir(), 'selectloop-exits-'));

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const library = JSON.stringify(new URL('../../dist/index.js', import.meta.url).href);
  const programs: Array<[string, string]> = [
    [
      'async.mjs',
      `async function inner() { await sleep(1); throw new Error('of mine'); }\nawait run(async () => { await inner(); });`,
    ],
    [
      'generator.mjs',
      `function* inner() { yield* sleep(1); throw new Error('of mine'); }\nawait run(function* () { yield* inner(); });`,
    ],
    [
      'blocking.mjs',
      `function* inner() { yield* sleep(1); throw new Error('of mine'); }\nrunSync(function* () { yield* inner(); });`,
    ],
    [
      'unawaited.mjs',
      `async function inner() { await sleep(1); throw new Error('of mine'); }\nrun(async () => { await inner(); });`,
    ],
  ];

  it.each(programs)("ends the process with 1 and a stack that names the user's file: %s", async (name, source) => {
    const path = join(folder, name);
    writeFileSync(path, `import { run, runSync, sleep } from ${library};\n${source}\n`);
    const ending = await startFile(path).ended;
    expect(ending).toMatchObject({ code: 1, signal: null, stdout: '' });
    expect(ending.stderr).toContain('Error: of mine');
    expect(ending.stderr).toMatch(new RegExp(`at .*inner \\(.*/${name}:2:`));
  });
});

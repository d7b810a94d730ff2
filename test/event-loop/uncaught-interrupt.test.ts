/** Ctrl-C that a program does not catch ends it as it ends other Unix programs: killed by SIGINT, without a stack trace. */

import { describe, expect, it } from 'vitest';

import { type Ending, runProgram } from '../support/child-program.js';

const NAMES = 'run, runSync, sleep, createTask, Runner, KeyboardInterrupt';

/** Each program sends itself the signal. Its main cleans up with a wait, and so does a task that main leaves behind. */
const prelude = `
  const say = (...words) => process.stdout.write(words.join(' ') + '\\n');
  function* careful(name) {
    try {
      yield* sleep(600000);
    } finally {
      yield* sleep(1);
      say(name, 'cleaned up');
    }
  }
  function* main() {
    createTask(careful('task'));
    process.kill(process.pid, 'SIGINT');
    yield* careful('main');
  }
  process.on('exit', (code) => say('exit', code));
`;
const CLEANED_UP = 'main cleaned up\ntask cleaned up\n';

const start = (body: string, type: 'module' | 'commonjs' = 'module'): Promise<Ending> => {
  const imports =
    type === 'module' ? `import { ${NAMES} } from 'selectloop';` : `const { ${NAMES} } = require('selectloop');`;
  return runProgram(imports + prelude + body, { type });
};

describe.concurrent('a KeyboardInterrupt that the program does not catch', () => {
  it.each([
    ['of run', 'module', `await run(main);`],
    ['of run that nothing awaits', 'commonjs', `run(async () => await createTask(main));`],
    ['of runSync', 'module', `runSync(main);`],
    [
      'of a Runner',
      'commonjs',
      `(async () => {
        const runner = new Runner();
        try {
          await runner.run(main);
        } finally {
          await runner.close();
        }
      })();`,
    ],
  ] as const)('%s lets SIGINT kill the process, after its clean-up and its exit listeners', async (_, type, body) => {
    const ending = await start(body, type);
    expect(ending).toEqual({ code: null, signal: 'SIGINT', stdout: `${CLEANED_UP}exit 130\n`, stderr: '' });
  });

  it('ends the process even while a worker runs a loop', async () => {
    const ending = await start(
      `const { Worker } = require('node:worker_threads');
      const source = "const { runSync, sleep } = require('selectloop'); runSync(() => sleep(600000));";
      new Worker(source, { eval: true }).on('online', () => run(main));`,
      'commonjs',
    );
    expect(ending).toEqual({ code: null, signal: 'SIGINT', stdout: `${CLEANED_UP}exit 130\n`, stderr: '' });
  });

  it('exits with 130 if the program has added a SIGINT listener during its clean-up', async () => {
    const ending = await start(`
      await run(function* () {
        try {
          yield* main();
        } finally {
          process.on('SIGINT', () => say('never'));
        }
      });
    `);
    expect(ending).toEqual({ code: 130, signal: null, stdout: `${CLEANED_UP}exit 130\n`, stderr: '' });
  });

  it('goes to the listeners for uncaught exceptions and unhandled rejections, if the program has any', async () => {
    const ending = await start(`
      process.on('unhandledRejection', (error) => {
        say('rejection', error.name);
        process.on('uncaughtException', (error) => say('exception', error.name));
        setImmediate(() => runSync(main));
      });
      run(main);
    `);
    const stdout = `${CLEANED_UP}rejection KeyboardInterrupt\n${CLEANED_UP}exception KeyboardInterrupt\nexit 0\n`;
    expect(ending).toEqual({ code: 0, signal: null, stdout, stderr: '' });
  });
});

describe.concurrent('Node prints', () => {
  it.each([
    ['an error that the program throws instead of the KeyboardInterrupt', `throw new Error('mine', { cause: error });`],
    ['a KeyboardInterrupt that the program makes itself', `throw new KeyboardInterrupt('mine');`],
  ])('%s, and exits with 1', async (_, statement) => {
    const ending = await start(`
      try {
        runSync(main);
      } catch (error) {
        if (!(error instanceof KeyboardInterrupt)) say('wrong');
        ${statement}
      }
    `);
    expect(ending).toMatchObject({ code: 1, signal: null, stdout: `${CLEANED_UP}exit 1\n` });
    expect(ending.stderr).toMatch(/(Error|KeyboardInterrupt): mine\n +at /);
  });
});

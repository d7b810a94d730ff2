/** `selectloop repl`, with its input from a pipe. */

import { describe, expect, it } from 'vitest';

import { startFile } from '../support/child-program.js';

/** What is typed, and what the REPL prints before the next prompt. Several lines are one input. */
const SESSION: ReadonlyArray<readonly [input: string, output: string]> = [
  ['1 + 1', '2'],
  ['const x = yield* sleep(1, 7)', 'undefined'],
  ['x', '7'],
  ['const { a, b: [c] } = await gather([]).then(() => ({ a: 1, b: [2] })), d = 3', 'undefined'],
  ['[a, c, d]', '[ 1, 2, 3 ]'],
  ['await sleep(1); class Pair { size = 2 }', 'undefined'],
  ['new Pair().size', '2'],
  ['async function later(x) { await sleep(1); return x }; await later(8) // a comment', '8'],
  ['await later("again")', "'again'"],
  ['for (const n of [1, 2])\n  await later(n)\n', 'undefined'],
  ['let unset, pattern = /[/]"/.test(await later(`/"`))', 'undefined'],
  ['[unset, pattern]', '[ undefined, true ]'],
  ['function* twice(n) {\nyield* sleep(1);\nreturn 2 * n;\n}', 'undefined'],
  ['yield* twice(21)', '42'],
  ['yield* gather([\nsleep(2, "slow"),\nsleep(1, "fast"),\n])', "[ 'slow', 'fast' ]"],
  ['const log = []; const beat = createTask(async () => { for (;;) { log.push(1); await sleep(1); } })', 'undefined'],
  ['await sleep(50); log.length > 3', 'true'],
  ['`await ${1 + 1} /* yield */`', "'await 2 /* yield */'"],
  ['await Promise.reject(new RangeError("too far"))', 'Uncaught RangeError: too far'],
  ['throw new TypeError("wrong")', 'Uncaught TypeError: wrong'],
  ['await x; yield* twice(1)', 'SyntaxError: expected either await or yield* in one input, got both'],
  ['yield* beat.cancel(); 0', 'Uncaught TypeError'],
  [
    '[Socket, serveHttp, virtualLoop, traceRun].map((each) => typeof each).join()',
    "'function,function,function,function'",
  ],
  ['_.length', '35'],
];

describe('selectloop repl', () => {
  it('evaluates await and yield* at the top level, keeps declarations, and prints results and errors as Node does', async () => {
    const stdin = `${SESSION.map(([input]) => input).join('\n')}\n`;
    const { code, stdout, stderr } = await startFile('dist/cli/main.js', ['repl'], { stdin }).ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const printed = stdout.split(/^> /m).slice(1);
    const firstLines = printed.map(
      (text) =>
        text
          .replace(/^(?:\.\.\. )+/, '')
          .replace(/^Uncaught:\n/, '')
          .split('\n')[0]!,
    );
    for (const [i, [input, output]] of SESSION.entries())
      expect([input, firstLines[i]]).toEqual([input, expect.stringContaining(output)]);
    expect(printed).toHaveLength(SESSION.length + 1); // the last prompt
  });

  it('cancels the input that runs at SIGINT, reads on, and cancels the tasks that are left at the end', async () => {
    const repl = startFile('dist/cli/main.js', ['repl']);
    const { stdin } = repl.process;
    stdin!.write(
      'createTask(async () => { try { await sleep(60000) } finally { console.log("left, then cancelled") } }); console.log("begun")\n',
    );
    await repl.printed(/begun/);
    stdin!.write('try { console.log("asleep"); await sleep(60000) } finally { console.log("cleaned up") }\n1 + 1\n');
    await repl.printed(/asleep/);
    repl.process.kill('SIGINT');
    await repl.printed(/cleaned up\nUncaught KeyboardInterrupt: the input was cancelled\n> 2\n/);
    stdin!.end();
    expect(await repl.ended).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(/left, then cancelled\n$/) as string,
    });
  });
});

/** What the package does without a program of the user's: the examples, the REPL, and traces of programs that are not edited. */

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SESSION = `
const x = yield* sleep(1, 6)
await sleep(1); x * 7
`;

/** @param folder where the package is installed, without its development dependencies */
export function checkCommands({ folder, env, execute, fail }) {
  const node = (args, options = {}) => execute('node', args, { cwd: folder, env, timeout: 20_000, ...options });
  const command = (args, options) => node([join(folder, 'node_modules/.bin/selectloop'), ...args], options);
  const expect = (what, got, wanted) => {
    if (!wanted.test(got)) fail(`${what}: expected ${wanted}, got ${JSON.stringify(got)}`);
  };
  const failing = (args) => {
    try {
      command(args, { stdio: ['ignore', 'pipe', 'pipe'] });
    } catch (error) {
      return error.stderr;
    }
    return fail(`selectloop ${args.join(' ')}: expected an error`);
  };

  expect('the list of examples', command(['example']), /^ {2}tiny\/flow +\S/m);
  expect('an example', command(['example', 'flow', '--scale', '0.001']), /^t=.*results: 1, 2, 3$/m);
  expect('an unknown example', failing(['example', 'flwo']), /^selectloop: .*; did you mean "tiny\/flow"\?\n$/);
  expect(
    'an example with a package',
    failing(['example', 'express-app']),
    /^selectloop: .* needs the package express: .*\n$/,
  );
  expect('the REPL', command(['repl'], { input: SESSION, stdio: 'pipe' }), /^> 42$/m);

  writeFileSync(join(folder, 'nap.mjs'), "import { run, sleep } from 'selectloop';\nawait run(() => sleep(1));\n");
  node(['nap.mjs'], { env: { ...env, SELECTLOOP_TRACE: 'nap.txt' } });
  expect('a trace', readFileSync(join(folder, 'nap.txt'), 'utf8'), /waits for: sleep/);
  node(['--import', 'selectloop/trace/register', 'nap.mjs']);
  expect('a trace of register', readFileSync(join(folder, 'selectloop-trace.json'), 'utf8'), /"traceEvents":\[/);
  for (const file of ['nap.mjs', 'nap.txt', 'selectloop-trace.json']) rmSync(join(folder, file));
  console.log('selectloop example, selectloop repl, and traces of programs that are not edited: as documented');
}

/** The process in which hostile calls are made: it may crash or hang, which its parent reports. */

import { chdir } from 'node:process';
import { inspect } from 'node:util';

import { nativeTargets } from './native-calls.js';
import type { HostileProgram } from './fuzzer.js';
import { runNativeCalls, unreachedExports } from './run-native.js';
import { runPublicCalls, unreachedPublic } from './run-public.js';
import { Planned } from './values.js';

chdir(process.argv[2]!);

/** A class is a function, so it passes for a callback. */
const CLASS_AS_CALLBACK = /^Class constructor .* cannot be invoked without 'new'$|^Class constructors cannot be/;

let uncaught: unknown = null;
process.on('uncaughtException', (error) => {
  if (!(error instanceof Planned) && !CLASS_AS_CALLBACK.test(error.message)) uncaught ??= error;
});

async function answer(program: HostileProgram | 'unreached' | 'ready'): Promise<unknown> {
  if (program === 'ready') return null;
  if (program === 'unreached') return [...unreachedExports(nativeTargets), ...unreachedPublic()];
  const run = program.kind === 'native' ? runNativeCalls : runPublicCalls;
  const fault = await run(program.calls as never, program.seed);
  if (fault !== null || uncaught === null) return fault;
  const error = uncaught;
  uncaught = null;
  return `an uncaught exception: ${inspect(error)}`;
}

process.on('message', (program: HostileProgram | 'unreached' | 'ready') => {
  void answer(program).then(
    (result) => process.send!({ result }),
    (error: unknown) => process.send!({ result: `the fuzzer itself failed: ${(error as Error).stack}` }),
  );
});

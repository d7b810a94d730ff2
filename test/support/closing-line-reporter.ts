/** Prints the last line of a test run, alone and without colours: `12 passed, 0 failed`, and `, 3 skipped` if some were. */

import type { Reporter, TestModule } from 'vitest/node';

export default class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string): number => tests.filter((test) => test.result().state === state).length;

    // A file that cannot be loaded, a hook that throws (a leaked descriptor) and a stray rejection fail no test by name, but they
    // fail the run, so they are counted.
    const failed = count('failed') + modules.flatMap(failuresOutsideTests).length + unhandledErrors.length;
    const skipped = count('skipped') + count('pending');

    const line = `${count('passed')} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
    process.stdout.write(`${line}\n`);
  }
}

function failuresOutsideTests(module: TestModule): unknown[] {
  return [module, ...module.children.allSuites()].flatMap((suite) => suite.errors());
}

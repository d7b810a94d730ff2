/** Prints how many tests ran on the simulated kernel, and why the rest did not. */

import type { Reporter, TestModule } from 'vitest/node';

import { EXCLUDED } from './excluded.js';

export class SimulatedKernelReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const notRun = new Map<string, number>();
    let passed = 0;
    for (const test of tests) {
      const result = test.result();
      if (result.state === 'passed') passed += 1;
      else if (result.state === 'skipped') notRun.set(result.note ?? '', (notRun.get(result.note ?? '') ?? 0) + 1);
    }
    const lines = [`on the simulated kernel: ${passed} of ${tests.length} tests passed`];
    for (const [reason, count] of notRun) lines.push(`  ${count} not run: ${reason}`);
    for (const { file, names, reason } of EXCLUDED) if (names === undefined) lines.push(`  ${file} not run: ${reason}`);
    process.stdout.write(`${lines.join('\n')}\n`);
  }
}

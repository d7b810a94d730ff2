import { fileURLToPath } from 'node:url';

import { defineConfig } from 'vitest/config';

import { excludedFiles } from './test/simulation/suites/excluded.js';
import { SimulatedKernelReporter } from './test/simulation/suites/reporter.js';
import { LongFilesFirst } from './test/support/long-files-first.js';

const lib = fileURLToPath(new URL('./lib', import.meta.url));

const onSimulatedKernel = process.env['SELECTLOOP_KERNEL'] === 'simulated';

/** The suites that run on both kernels, and the part of them that `npm test` runs on the simulated one. */
const BOTH = ['conformance', 'selectors', 'sockets', 'streams'].map((folder) => `test/${folder}/**/*.test.ts`);
const PART = ['conformance/io', 'selectors/selector', 'sockets/tcp', 'sockets/udp', 'sockets/unix', 'streams/pipe'].map(
  (name) => `test/${name}.test.ts`,
);

export default defineConfig({
  test: {
    // The package's own name means the source, so that a test reads like a user's program.
    alias: [
      { find: /^selectloop$/, replacement: `${lib}/index.ts` },
      { find: /^selectloop\/([\w-]+)$/, replacement: `${lib}/$1/index.ts` },
    ],
    // Processes, not threads: descriptors, signal handlers and libuv's loop belong to a process.
    pool: 'forks',
    // Several files share one process and load the library once: loading it two hundred times took a quarter of the whole time.
    isolate: false,
    // Many tests wait for child processes: three files at a time keep two cores busy.
    maxWorkers: 3,
    sequence: { sequencer: LongFilesFirst },
    // The files compiled by the last run are kept in node_modules/. They are found by their content.
    experimental: { fsModuleCache: true },
    // descriptor-leaks.ts collects garbage, so that what only waits for a finaliser is not called a leak.
    execArgv: ['--expose-gc'],
    setupFiles: ['./test/support/descriptor-leaks.ts'],
    reporters: [
      'default',
      ...(onSimulatedKernel ? [new SimulatedKernelReporter()] : []),
      './test/support/closing-line-reporter.ts',
    ],
    // For what hangs: on a busy machine a program that takes one second may take twenty.
    testTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } },
    hookTimeout: 60_000,
    // A forgotten `.only` would switch off the rest of the file.
    allowOnly: false,
    projects: [
      ...(onSimulatedKernel
        ? []
        : [{ extends: true as const, test: { name: 'linux', include: ['test/**/*.test.ts'] } }]),
      {
        extends: true as const,
        test: {
          name: 'simulated',
          include: onSimulatedKernel ? BOTH : PART,
          exclude: excludedFiles(),
          setupFiles: ['./test/simulation/suites/on-simulated-kernel.ts'],
        },
      },
    ],
  },
});

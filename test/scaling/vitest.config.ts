import { defineConfig } from 'vitest/config';

import base from '../../vitest.config.js';

/** The configuration with which scaling.test.ts runs the suite in a separate process. */
const { projects: _, ...test } = base.test!;

export default defineConfig({
  test: { ...test, include: ['test/scaling/*.scaling.ts'], reporters: ['default'], maxWorkers: 1 },
});

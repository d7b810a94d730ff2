import { defineConfig } from 'vitest/config';

import base from '../../vitest.config.js';

/** The configuration with which scaling.test.ts runs the suite in a separate process. */
export default defineConfig({
  test: { ...base.test, include: ['test/scaling/*.scaling.ts'], reporters: ['default'], maxWorkers: 1 },
});

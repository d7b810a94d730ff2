import { defineConfig } from 'vitest/config';

import base from '../../vitest.config.js';

/** For scaling.test.ts, which runs the suite in a process of its own. */
export default defineConfig({
  test: { ...base.test, include: ['test/scaling/*.scaling.ts'], reporters: ['default'], maxWorkers: 1 },
});

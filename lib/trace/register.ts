/**
 * `node --import selectloop/trace/register app.mjs`: records every loop of the program. The trace is written to the file that
 * SELECTLOOP_TRACE names, or to `selectloop-trace.json`. See record-process.ts.
 */

import { recordAlways } from './record-process.js';

recordAlways();

/** `selectloop/inspect`: opens the door through which viewers look into a running loop. */

import { useInspector } from '../event-loop/open-door.js';
import { openInspector } from './inspector.js';

export { type Inspector, type InspectorOptions, openInspector } from './inspector.js';

useInspector(openInspector); // for `run(main, { inspect: true })` and SELECTLOOP_INSPECT

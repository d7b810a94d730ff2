/** What a trace says of the program. */

import { packageVersion } from '../loop/package-version.js';
import type { ObservedLoop } from '../loop/instrument.js';
import { basename } from '../platform/files.js';
import type { ProgramData } from './events.js';

/** Describes the program and the loop that is recorded. @param hosted whether it has run beside Node's */
export function programOf(loop: ObservedLoop | null, hosted: boolean): ProgramData {
  return {
    title: basename(process.argv[1] ?? 'node'),
    pid: process.pid,
    node: process.versions.node,
    selectloop: packageVersion(),
    selector: selectorName(loop?._state().selector),
    mode: hosted ? 'hosted' : 'blocking',
    debug: loop?.getDebug() ?? false,
  };
}

/** "epoll" for an EpollSelector. */
function selectorName(selector: object | undefined): string {
  const { name } = selector?.constructor ?? Object;
  return name.replace(/Selector$/, '').toLowerCase();
}

/** The entry point of the page: shows the trace that the file contains, or the loop that a viewer serves. */

import { render } from 'preact';

import type { EventTrace } from '../../trace/events.js';
import { Live } from './live/live.js';
import { Player } from './player.js';
import { type OldTrace, fromVersion1 } from './version-1.js';

const OLD =
  'This trace is of version 1. It does not say when a handle joined the ready queue, or which descriptors are registered.';

/** Returns the page for the text of a trace. Without one it is the page of a running loop, if a server has sent it. */
function pageOf(text: string) {
  if (text === '' && location.protocol === 'http:') return <Live />;
  if (text === '') return <p class="plain">This file contains no trace.</p>;
  let trace: EventTrace | OldTrace;
  try {
    trace = JSON.parse(text) as EventTrace | OldTrace;
  } catch {
    return <p class="plain">The trace in this file is not complete: its JSON cannot be read.</p>;
  }
  if (trace.version === 1) return <Player trace={fromVersion1(trace)} missing={OLD} />;
  if (trace.version === 2) {
    document.title = trace.program.title;
    return <Player trace={trace} missing={null} />;
  }
  const { version } = trace as { version?: unknown };
  return <p class="plain">{`This page shows traces of versions 1 and 2; this one has version ${String(version)}.`}</p>;
}

const page = document.getElementById('page')!;
page.textContent = '';
render(pageOf(document.getElementById('trace')?.textContent?.trim() ?? ''), page);

/** The entry point of the page: shows the trace that the file contains. */

import { render } from 'preact';

import type { EventTrace } from '../../trace/events.js';
import { Player } from './player.js';

/** Returns the page for the text of a trace. */
function pageOf(text: string) {
  if (text === '') return <p class="plain">This file contains no trace.</p>;
  let trace: EventTrace;
  try {
    trace = JSON.parse(text) as EventTrace;
  } catch {
    return <p class="plain">The trace in this file is not complete: its JSON cannot be read.</p>;
  }
  const { version } = trace as { version?: unknown };
  if (version !== 2)
    return <p class="plain">{`This page shows traces of version 2, and this one has version ${String(version)}.`}</p>;
  document.title = trace.program.title;
  return <Player trace={trace} />;
}

const page = document.getElementById('page')!;
page.textContent = '';
render(pageOf(document.getElementById('trace')?.textContent?.trim() ?? ''), page);

export * from './shared.js';

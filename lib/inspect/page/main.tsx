/** The entry point of the page: reads the trace that the file contains, and shows it. */

import { render } from 'preact';

const trace = document.getElementById('trace')?.textContent?.trim() ?? '';

render(
  <p class="plain">{trace === '' ? 'This file contains no trace.' : 'Loading.'}</p>,
  document.getElementById('page')!,
);

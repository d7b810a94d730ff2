/** The report: one page that needs nothing else. */

import { METRICS, type MetricName } from '../metrics.js';
import type { Machine, Results } from '../results.js';
import { Html, html } from './html.js';
import { labelOf, ratio } from './labels.js';
import { echoMatrix, scenarioTable } from './scenario-html.js';
import type { Section } from './sections.js';
import { STYLE } from './style.js';

const TITLE = 'selectloop: the benchmark';

interface Tile {
  readonly value: string;
  readonly text: string;
}

/** A ratio of the main table in a few words; nothing if it was not measured. */
function tile(results: Results, contender: string, scenario: string, metric: MetricName, baseline: string): Tile[] {
  const result = results.scenarios.find(({ id }) => id === scenario);
  const row = result?.rows.find((each) => each.contender === contender);
  const summary = row?.ratios[baseline]?.[metric];
  if (summary === undefined) return [];
  const what = `${METRICS[metric].label} of ${labelOf(contender, results)} against ${labelOf(baseline, results)}`;
  return [{ value: `× ${ratio(summary)}`, text: what }];
}

function tilesOf(results: Results): Html {
  const tiles = [
    ...tile(results, 'protocol', 'echo-64x100', 'perSecond', 'c-epoll'),
    ...tile(results, 'protocol', 'echo-64x100', 'perSecond', 'node-net'),
    ...tile(results, 'streams', 'echo-64x100', 'perSecond', 'node-net'),
    ...tile(results, 'protocol', 'latency', 'p99.9', 'c-epoll'),
    ...tile(results, 'micro-selectloop', 'callSoon', 'operationsPerSecond', 'micro-node'),
  ];
  return html`<div class="tiles">
    ${tiles.map(({ value, text }) => html`<div><b>${value}</b><span>${text}</span></div>`)}
  </div>`;
}

function machineTable(machine: Machine, { started, finished, command }: Results): Html {
  const minutes = Math.max(1, Math.round((Date.parse(finished) - Date.parse(started)) / 60_000));
  const rows: [string, string][] = [
    ['Processor', `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB of memory`],
    ['System', `${machine.system}, Linux ${machine.kernel}`],
    ['Cores used', `server on ${machine.serverCore}, load generator on ${machine.loadCore}`],
    ['Load before', `${machine.loadBefore}${machine.loadBefore > 0.5 ? ': something else ran as well' : ''}`],
    ...Object.entries(machine.versions),
    ['Measured', `${started.slice(0, 16).replace('T', ' ')} UTC, in ${minutes} min`],
    ['Command', ['npm run bench', ...(command.length > 0 ? ['--', ...command] : [])].join(' ')],
  ];
  return html`<table class="machine">
    <tbody>
      ${rows.map(
        ([name, value]) =>
          html`<tr>
            <th>${name}</th>
            <td>${value}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

function sectionHtml(section: Section, results: Results): Html {
  const figures = section.figures.map(
    ({ svg, caption }) =>
      html`<figure>
        <div class="scroll">${new Html(svg)}</div>
        <figcaption>${caption}</figcaption>
      </figure>`,
  );
  const matrix = section.group === 'echo' ? echoMatrix(section.scenarios, results) : null;
  const tables = section.scenarios.map(
    (scenario) =>
      html`<details ${new Html(section.scenarios.length === 1 ? 'open' : '')}>
        <summary>${scenario.title}</summary>
        ${scenario.rate === null ? new Html('') : html`<p>Offered: ${METRICS.perSecond.format(scenario.rate)} messages a second.</p>`}
        ${scenarioTable(scenario, results)}
      </details>`,
  );
  return html`<section id="${section.group}">
    <h2>${section.title}</h2>
    <p class="reading">${section.reading}</p>
    ${figures} ${matrix ?? new Html('')} ${tables}
  </section>`;
}

function missingList(results: Results): Html {
  const missing = results.contenders.flatMap(({ label, missing: why }) =>
    why === null ? [] : [html`<li>${label}: ${why}</li>`],
  );
  return missing.length === 0
    ? new Html('')
    : html`<h3>Missing</h3>
        <ul>
          ${missing}
        </ul>`;
}

/** The whole page. */
export function pageOf(results: Results, sections: readonly Section[]): string {
  const links = sections.map(({ group, title }) => html`<a href="#${group}">${title}</a>`);
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${TITLE}</title>
        <style>
          ${new Html(STYLE)}
        </style>
      </head>
      <body>
        <header>
          <h1>${TITLE}</h1>
          <p>${results.machine.cpu}, Linux ${results.machine.kernel}, ${results.started.slice(0, 10)}</p>
          <nav>${links}<a href="#machine">Machine</a></nav>
        </header>
        <main>
          ${tilesOf(results)}
          <p class="reading">
            Server and load generator have a core each. Everybody is measured in turn, round after round, each time by a
            new process, after a warm-up. A figure is the median of the rounds, with the quartiles below it; a ratio is
            taken within each round, and the median of those is shown: what slows the machine for a while cancels out.
          </p>
          ${sections.map((section) => sectionHtml(section, results))}
          <section id="machine">
            <h2>Machine</h2>
            ${machineTable(results.machine, results)} ${missingList(results)}
          </section>
        </main>
      </body>
    </html>`;
  return page.text;
}

/** The report: one self-contained HTML page. */

import { METRICS, type MetricName } from '../metrics.js';
import type { Machine, Results } from '../results.js';
import { Html, html } from './html.js';
import { ratio } from './labels.js';
import { echoMatrix, scenarioTable } from './scenario-html.js';
import type { Section } from './sections.js';
import { STYLE } from './style.js';

const TITLE = 'selectloop: the benchmark';

interface Tile {
  readonly value: string;
  readonly text: string;
}

/** A tile: the place of its ratio in the results, and its text. */
type TileSource = readonly [contender: string, scenario: string, metric: MetricName, baseline: string, text: string];

const TILES: readonly TileSource[] = [
  ['protocol', 'echo-64x100', 'perSecond', 'c-epoll', 'throughput of a protocol, relative to C on epoll'],
  ['protocol', 'echo-64x100', 'perSecond', 'node-net', 'throughput of a protocol, relative to node:net'],
  ['streams', 'echo-64x100', 'perSecond', 'node-net', 'throughput of streams, relative to node:net'],
  ['protocol', 'latency', 'p99.9', 'c-epoll', 'p99.9 latency of a protocol, relative to C on epoll'],
  ['micro-selectloop', 'callSoon', 'operationsPerSecond', 'micro-node', 'callSoon, relative to setImmediate'],
];

/** Returns tiles with the most important ratios, as far as they were measured. */
function tilesOf(results: Results): Html {
  const tiles = TILES.flatMap(([contender, scenario, metric, baseline, text]): Tile[] => {
    const rows = results.scenarios.find(({ id }) => id === scenario)?.rows;
    const summary = rows?.find((row) => row.contender === contender)?.ratios[baseline]?.[metric];
    return summary === undefined ? [] : [{ value: `× ${ratio(summary)}`, text }];
  });
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
    ['Load before', `${machine.loadBefore}${machine.loadBefore > 0.5 ? ': other programs were running' : ''}`],
    ...Object.entries(machine.versions),
    ['Measured', `${started.slice(0, 16).replace('T', ' ')} UTC, for ${minutes} min`],
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
        ${scenario.rate === null ? new Html('') : html`<p>Offered: ${METRICS.perSecond.format(scenario.rate)} messages per second.</p>`}
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

/** Returns the page. */
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
            Server and load generator run on separate cores. The contenders are measured in interleaved rounds, each
            time in a new process and after a warm-up. A figure is the median of the rounds, with the quartiles below
            it. A ratio is computed within each round, and the median of the ratios is shown, so that temporary changes
            in the speed of the machine cancel out.
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

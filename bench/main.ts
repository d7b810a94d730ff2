/** `npm run bench`: measures, prints tables, writes the results and the report. */

import { readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';

import { BenchError, messageOf } from './bench-error.js';
import { type Settings, TRACES, USAGE, settingsOf } from './command-line.js';
import { changeLines, changesBetween, doubtsAbout } from './compare.js';
import { CONTENDERS, addServers } from './contenders.js';
import { chooseCores } from './harness/cores.js';
import { describeMachine } from './harness/machine.js';
import { buildNative } from './harness/native.js';
import { Progress } from './harness/progress.js';
import { type RoundSettings, measurementsOf, runScenario } from './harness/rounds.js';
import { installLibuv, runtimeOf } from './harness/runtimes.js';
import { missingLines, scenarioTable } from './report/tables.js';
import { writeReport } from './report/write.js';
import { type ContenderResult, type Results, SCHEMA, type ScenarioResult } from './results.js';
import { SCENARIOS, type Scenario } from './scenarios.js';
import { selectFor } from './selection.js';

const ROOT = join(import.meta.dirname, '..');

/** The warm-up before each measured window: long enough for V8 to compile hot code and for the connections to open. */
const WARMUP_SECONDS = 0.5;

function list(): void {
  console.log('scenarios (group, name, title; * is in the default run)');
  for (const { group, id, title, main } of SCENARIOS) {
    console.log(`  ${main ? '*' : ' '} ${group.padEnd(8)} ${id.padEnd(18)} ${title}`);
  }
  console.log('\ncontenders');
  for (const { id, label } of CONTENDERS) console.log(`  ${id.padEnd(18)} ${label}`);
}

/** Returns the contenders of the scenarios, with the reason for those that are missing. */
function participants(scenarios: readonly Scenario[]): ContenderResult[] {
  return CONTENDERS.filter(({ id }) => scenarios.some(({ contenders }) => contenders.includes(id))).map(
    ({ id, label, family, runtime }) => {
      const found = runtimeOf(runtime);
      return { id, label, family, missing: 'missing' in found ? found.missing : null };
    },
  );
}

const RUNTIME_NAMES = {
  shell: 'your servers',
  node: 'Node',
  node24: 'Node 24',
  bun: 'Bun',
  python: 'Python',
  uvloop: 'uvloop',
  libuv: 'libuv',
  native: 'C compiler',
} as const;

function versionsOf(contenders: readonly ContenderResult[]): Record<string, string> {
  const versions: Record<string, string> = {};
  for (const { id, runtime } of CONTENDERS) {
    const found = runtimeOf(runtime);
    const takesPart = contenders.some((contender) => contender.id === id && contender.missing === null);
    if (takesPart && 'version' in found) versions[RUNTIME_NAMES[runtime]] = found.version;
  }
  return versions;
}

function traceSettings(trace: keyof typeof TRACES, scenarios: readonly Scenario[]): RoundSettings['trace'] {
  const [scenario] = scenarios;
  const traced = scenario?.contenders ?? [];
  const runsOnNode = CONTENDERS.some(({ id, runtime }) => id === traced[0] && runtime.startsWith('node'));
  if (scenarios.length !== 1 || traced.length !== 1 || !runsOnNode || scenario?.measure.kind === 'start') {
    throw new BenchError(
      `--trace ${trace}: expected one scenario and one contender on Node, as in --only echo-64x100 --only protocol`,
    );
  }
  return { flags: [TRACES[trace]], file: join(ROOT, `.bench/trace-${trace}.txt`) };
}

async function measure(settings: Settings, command: readonly string[]): Promise<Results> {
  const cores = chooseCores();
  let scenarios = selectFor(addServers(settings.servers), settings.only, settings.full);
  // Tracing distorts the figures, so a traced run needs no baselines to compare with.
  if (settings.trace !== null) {
    scenarios = scenarios.map((each) => ({
      ...each,
      contenders: each.contenders.filter((id) => settings.only.includes(id)),
    }));
  }
  const trace = settings.trace === null ? undefined : traceSettings(settings.trace, scenarios);
  checkQuiet(Math.round(loadavg()[0]! * 100) / 100, settings.publish);
  installLibuv();
  buildNative();
  const contenders = participants(scenarios);
  const rounds: RoundSettings = {
    cores,
    rounds: trace === undefined ? settings.rounds : 1,
    seconds: settings.seconds,
    warmup: WARMUP_SECONDS,
    ...(trace && { trace }),
  };
  const started = new Date().toISOString();
  const machine = describeMachine(cores, versionsOf(contenders));
  const progress = new Progress(scenarios.reduce((sum, scenario) => sum + measurementsOf(scenario, rounds), 0));
  const measured: ScenarioResult[] = [];
  for (const scenario of scenarios) {
    const result = await runScenario(scenario, rounds, progress);
    measured.push(result);
    console.log(`\n${scenarioTable(result, { contenders })}`);
  }
  if (trace !== undefined) console.log(`\ntrace: ${trace.file}`);
  const finished = new Date().toISOString();
  return { schema: SCHEMA, started, finished, command, machine, contenders, scenarios: measured };
}

/** The load average above which other programs disturb the figures. */
const BUSY = 0.5;

/** Prints a warning if the machine is busy; refuses to publish its figures. */
function checkQuiet(loadBefore: number, publish: boolean): void {
  if (loadBefore <= BUSY) return;
  if (publish)
    throw new BenchError(
      `--publish: expected a load average of at most ${BUSY}, got ${loadBefore}: other programs run`,
    );
  console.log(`warning: other programs are running (load average ${loadBefore}); use ratios and CPU, not rates`);
}

function compare([before, after]: readonly [string, string]): void {
  const [a, b] = [readResults(before, '--compare'), readResults(after, '--compare')];
  for (const line of [...doubtsAbout(a, b), ...changeLines(changesBetween(a, b))]) console.log(line);
}

function readResults(file: string, option = '--render'): Results {
  let results: Partial<Results>;
  try {
    results = JSON.parse(readFileSync(file, 'utf8')) as Partial<Results>;
  } catch (error) {
    throw new BenchError(`${option}: ${messageOf(error)}`);
  }
  if (results.schema === SCHEMA) return results as Results;
  throw new BenchError(
    `${option}: expected results of schema ${SCHEMA} in ${file}, got schema ${results.schema ?? 'none'}`,
  );
}

async function main(args: readonly string[]): Promise<void> {
  const settings = settingsOf(args);
  if (settings.help || settings.list) {
    if (settings.help) console.log(USAGE);
    else list();
    return;
  }
  if (settings.compare !== null) {
    compare(settings.compare);
    return;
  }
  const results = settings.render === null ? await measure(settings, args) : readResults(settings.render);
  for (const line of missingLines(results)) console.log(line);
  if (settings.trace !== null) return;
  const folder = join(ROOT, settings.publish ? 'bench/results' : '.bench/results');
  writeReport(results, folder);
  if (settings.json !== null) writeFileSync(settings.json, `${JSON.stringify(results)}\n`);
  console.log(`\nreport: ${join(folder, 'report.html')}`);
  if (results.scenarios.some(({ rows }) => rows.some(({ failures }) => failures.length > 0))) process.exitCode = 1;
}

process.on('SIGINT', () => process.exit(130)); // child processes are killed on exit, see harness/children.ts
process.on('SIGTERM', () => process.exit(143));

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof BenchError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}

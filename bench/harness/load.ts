/** Runs the load generator, a program in C. */

import { runPinned } from './children.js';

/** The options of the load generator; `load --help` explains them. */
export interface LoadOptions {
  readonly port: number;
  readonly connections: number;
  readonly size: number;
  readonly seconds: number;
  readonly warmup: number;
  readonly idle?: number;
  readonly rate?: number;
  readonly depth?: number;
  readonly connect?: boolean;
  readonly udp?: boolean;
  readonly serverPid?: number;
}

/** The report that it prints as one line of JSON. */
export interface LoadReport {
  readonly seconds: number;
  readonly roundTrips: number;
  readonly perSecond: number;
  readonly rate?: number;
  readonly unanswered?: number;
  readonly serverCpuUsPerRoundTrip?: number;
  readonly serverRssBytes?: { readonly beforeIdle: number; readonly withIdle: number };
  readonly latencyUs: Readonly<Record<'p50' | 'p90' | 'p99' | 'p99.9' | 'max', number>>;
  readonly buckets: readonly (readonly [nanoseconds: number, count: number])[];
}

function argumentsOf({ connect, udp, serverPid, ...numbers }: LoadOptions): string[] {
  const args = Object.entries(numbers).flatMap(([name, value]) => [`--${name}`, String(value)]);
  if (serverPid !== undefined) args.push('--server-pid', String(serverPid));
  if (connect === true) args.push('--connect');
  if (udp === true) args.push('--udp');
  return [...args, '--buckets'];
}

/** Runs the load generator on its core. Rejects with its error line if a connection fails. */
export async function runLoad(binary: string, core: number, options: LoadOptions): Promise<LoadReport> {
  return JSON.parse(await runPinned(core, [binary, ...argumentsOf(options)])) as LoadReport;
}

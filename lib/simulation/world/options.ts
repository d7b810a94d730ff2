/** Checks the options of simulations. */

import { checkNames, optionNames, outOfRange, wrongType } from '../../errors/index.js';
import type { LinkSettings } from '../network/link.js';
import { NANOSECONDS_PER_MS } from '../time/clock.js';
import type { FaultOptions, HostOptions, LinkOptions, SimulateOptions } from './types.js';

const LINK = { latencyMs: true, jitterMs: true, bandwidth: true, loss: true } as const;
const LINK_NAMES = optionNames<LinkOptions>(LINK);
const FAULT_NAMES = optionNames<FaultOptions>({
  partialSends: true,
  partialReceives: true,
  falseReadiness: true,
  fullTables: true,
  resets: true,
  slowHosts: true,
  lookups: true,
});
const HOST_NAMES = optionNames<HostOptions>({ address: true, openFiles: true });
const SIMULATE_NAMES = optionNames<SimulateOptions>({
  ...LINK,
  seeds: true,
  firstSeed: true,
  limitMs: true,
  faults: true,
  compareRuns: true,
  shrink: true,
  selector: true,
});

const MOST_SEEDS = 2 ** 32;

/** Returns a number within a range, or the default if it is undefined. */
function checkedNumber(name: string, expected: string, value: unknown, fallback: number, fits: (n: number) => boolean) {
  if (value === undefined) return fallback;
  if (typeof value !== 'number') throw wrongType(name, expected, value);
  if (!fits(value)) throw outOfRange(name, expected, value);
  return value;
}

function probability(name: string, value: unknown): number {
  return checkedNumber(name, 'a probability from 0 to 1', value, 0, (n) => n >= 0 && n <= 1);
}

/** Returns a duration or a time in milliseconds. */
export function checkedMs(name: string, value: unknown, fallback = 0): number {
  return checkedNumber(name, 'a finite number of milliseconds >= 0', value, fallback, (n) => n >= 0 && n < Infinity);
}

function integer(name: string, value: unknown, fallback: number, least: number, most = MOST_SEEDS): number {
  const expected = `an integer from ${least} to ${most}`;
  return checkedNumber(name, expected, value, fallback, (n) => Number.isInteger(n) && n >= least && n <= most);
}

/** Returns a probability that was passed as an argument. */
export const checkedProbability = (name: string, value: number): number => probability(name, value);

/** The behaviour of a link, checked. */
export interface LinkPlan extends Omit<LinkSettings, 'latencyNs'> {
  readonly leastLatencyNs: number;
  readonly mostLatencyNs: number;
}

/** Checks the options of a link. @param defaults apply to those that are not given */
function linkPlan(name: string, options: LinkOptions, defaults: LinkPlan): LinkPlan {
  const { latencyMs, jitterMs, bandwidth, loss } = options;
  const range = latencyMs === undefined || typeof latencyMs === 'number' ? [latencyMs, latencyMs] : latencyMs;
  if (!Array.isArray(range) || range.length !== 2) {
    throw wrongType(`${name}: latencyMs`, 'a number of milliseconds or [least, most]', latencyMs);
  }
  const ns = (option: string, value: unknown, fallbackNs: number): number =>
    Math.round(checkedMs(`${name}: ${option}`, value, fallbackNs / NANOSECONDS_PER_MS) * NANOSECONDS_PER_MS);
  const leastLatencyNs = ns('latencyMs', range[0], defaults.leastLatencyNs);
  const mostLatencyNs = ns('latencyMs', range[1], defaults.mostLatencyNs);
  if (mostLatencyNs < leastLatencyNs) {
    throw outOfRange(`${name}: latencyMs`, 'the smaller number first', `[${String(range)}]`);
  }
  if (bandwidth !== undefined) {
    checkedNumber(`${name}: bandwidth`, 'a number of bytes per second > 0', bandwidth, 1, (n) => n > 0);
  }
  return {
    leastLatencyNs,
    mostLatencyNs,
    jitterNs: ns('jitterMs', jitterMs, defaults.jitterNs),
    bandwidth: bandwidth ?? defaults.bandwidth,
    loss: loss === undefined ? defaults.loss : probability(`${name}: loss`, loss),
    resets: defaults.resets,
  };
}

export function checkedLink(name: string, options: LinkOptions, defaults: LinkPlan): LinkPlan {
  return linkPlan(name, checkNames(name, options, LINK_NAMES), defaults);
}

/** The options of a simulation, checked and complete. */
export interface Settings {
  readonly seeds: number;
  readonly firstSeed: number;
  readonly limitNs: number;
  readonly link: LinkPlan;
  readonly faults: Required<FaultOptions>;
  readonly compareRuns: boolean;
  readonly shrink: boolean;
  readonly selector: SimulateOptions['selector'];
}

function flag(name: string, value: unknown, fallback: boolean): boolean {
  if (value === undefined) return fallback;
  if (typeof value !== 'boolean') throw wrongType(name, 'a boolean', value);
  return value;
}

export function checkedOptions(name: string, options: SimulateOptions): Settings {
  checkNames(`${name}: options`, options, SIMULATE_NAMES);
  const given = checkNames(`${name}: faults`, options.faults ?? {}, FAULT_NAMES);
  const faults = Object.fromEntries(
    [...FAULT_NAMES].map((each) => [each, probability(`${name}: faults.${each}`, given[each as keyof FaultOptions])]),
  ) as unknown as Required<FaultOptions>;
  const latencyNs = NANOSECONDS_PER_MS;
  const defaults = {
    leastLatencyNs: latencyNs,
    mostLatencyNs: latencyNs,
    jitterNs: 0,
    bandwidth: null,
    loss: 0,
    resets: faults.resets,
  };
  return {
    seeds: integer(`${name}: seeds`, options.seeds, 100, 1),
    firstSeed: integer(`${name}: firstSeed`, options.firstSeed, 1, 0),
    limitNs: checkedMs(`${name}: limitMs`, options.limitMs, 600_000) * NANOSECONDS_PER_MS,
    link: linkPlan(name, options, defaults),
    faults,
    compareRuns: flag(`${name}: compareRuns`, options.compareRuns, true),
    shrink: flag(`${name}: shrink`, options.shrink, true),
    selector: options.selector,
  };
}

/** Returns the options of a host. */
export function checkedHost(name: string, options: HostOptions): { address: string | null; openFiles: number | null } {
  const { address, openFiles } = checkNames(name, options, HOST_NAMES);
  if (address !== undefined && typeof address !== 'string') throw wrongType(`${name}: address`, 'a string', address);
  const most = openFiles === undefined ? null : integer(`${name}: openFiles`, openFiles, 0, 3, 2 ** 30);
  return { address: address ?? null, openFiles: most };
}

/** Returns the seed in SELECTLOOP_SEED; null if it is not set. */
export function seedOfEnvironment(): number | null {
  const text = process.env['SELECTLOOP_SEED'];
  if (text === undefined || text === '') return null;
  return integer('SELECTLOOP_SEED', /^\d+$/.test(text) ? Number(text) : text, 0, 0);
}

import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { build } from 'hdr-histogram-js';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { chooseCores } from '../../bench/harness/cores.js';
import { type LoadOptions, type LoadReport, runLoad } from '../../bench/harness/load.js';
import { buildNative, nativeProgram } from '../../bench/harness/native.js';
import { ServerProcess } from '../../bench/harness/server-process.js';

const { server: serverCore, load: loadCore } = chooseCores();

describe('the load generator of the benchmark', () => {
  let server: ServerProcess;
  let closedLoop: LoadReport;

  beforeAll(async () => {
    buildNative();
    server = await ServerProcess.start(serverCore, [nativeProgram('echo-epoll')!]);
    closedLoop = await loadUntil(10, {});
  }, 60_000);

  afterAll(async () => {
    await server.stop();
  });

  function load(options: Partial<LoadOptions>): Promise<LoadReport> {
    const { port, pid: serverPid } = server;
    const usual = { port, serverPid, connections: 10, size: 64, seconds: 0.2, warmup: 0.05 };
    return runLoad(nativeProgram('load')!, loadCore, { ...usual, ...options });
  }

  /** Measures for longer until there are more than `most` round trips: on a busy machine, a short time may pass without any. */
  async function loadUntil(most: number, options: Partial<LoadOptions>): Promise<LoadReport> {
    let report = await load(options);
    for (let seconds = 1; report.roundTrips <= most && seconds <= 16; seconds *= 2)
      report = await load({ ...options, seconds });
    return report;
  }

  it('counts each round trip of a closed loop once, with its latency', () => {
    const report = closedLoop;
    expect(report.seconds).toBeGreaterThanOrEqual(0.2);
    expect(report.roundTrips).toBeGreaterThan(10);
    expect(report.perSecond).toBeCloseTo(report.roundTrips / report.seconds, -1);
    const counted = report.buckets.reduce((sum, [, count]) => sum + count, 0);
    // Also counts unanswered requests that have waited longer than any answered one: at most one for each connection.
    expect(counted - report.roundTrips).toBeOneOf(Array.from({ length: 11 }, (_, i) => i));
    expect(report.latencyUs.p50).toBeGreaterThan(1);
    expect(report.serverCpuUsPerRoundTrip).toBeGreaterThan(0.1);
  });

  it('computes the same percentiles as a reference implementation', () => {
    const { buckets, latencyUs } = closedLoop;
    const reference = build({ numberOfSignificantValueDigits: 5, highestTrackableValue: 1e12 });
    for (const [nanoseconds, count] of buckets) reference.recordValueWithCount(nanoseconds, count);
    for (const [name, percentile] of [
      ['p50', 50],
      ['p90', 90],
      ['p99', 99],
      ['p99.9', 99.9],
    ] as const) {
      const expected = reference.getValueAtPercentile(percentile) / 1000;
      expect(latencyUs[name] / expected).toBeCloseTo(1, 2);
    }
    expect(latencyUs.max).toBeGreaterThanOrEqual(latencyUs['p99.9']);
  });

  it('offers the given rate in an open loop, and counts every message of the window', async () => {
    const report = await load({ rate: 1000, warmup: 0 });
    const counted = report.buckets.reduce((sum, [, count]) => sum + count, 0);
    expect(counted).toBeGreaterThanOrEqual(200);
    expect(Math.abs(counted - report.seconds * 1000)).toBeLessThanOrEqual(1);
  });

  it('counts a pause of the server in the latency of every message that was due during the pause', async () => {
    const run = load({ rate: 1000, connections: 1, seconds: 1, warmup: 0 });
    await sleep(500);
    process.kill(server.pid, 'SIGSTOP');
    await sleep(300);
    process.kill(server.pid, 'SIGCONT');
    // Three hundred of a thousand messages were due during the pause, and a hundred of them waited for at least 200 ms.
    expect((await run).latencyUs.p90).toBeGreaterThan(100_000);
  });

  it('sends and compares messages that are larger than the buffers of the sockets', async () => {
    const { roundTrips } = await loadUntil(0, { size: 4_000_000, connections: 2 });
    expect(roundTrips).toBeGreaterThan(0);
  });

  it('measures the set-up of connections, each with one echo', async () => {
    const { roundTrips, latencyUs } = await loadUntil(10, { connect: true });
    expect(roundTrips).toBeGreaterThan(10);
    expect(latencyUs.p50).toBeGreaterThan(1);
  });

  it('keeps idle connections open, and measures the memory of the server', async () => {
    const { serverRssBytes } = await load({ idle: 500, seconds: 0.05 });
    expect(serverRssBytes!.withIdle - serverRssBytes!.beforeIdle).toBeLessThan(500 * 1024);
  });

  it('keeps datagrams in flight, and checks each answer', async () => {
    const echo = await ServerProcess.start(serverCore, [nativeProgram('echo-udp')!]);
    try {
      const options = { port: echo.port, serverPid: echo.pid, connections: 2, udp: true, depth: 8 };
      const report = await loadUntil(10, options);
      expect(report.roundTrips).toBeGreaterThan(10);
      expect(report.buckets.reduce((sum, [, count]) => sum + count, 0)).toBe(report.roundTrips);
    } finally {
      await echo.stop();
    }
  });

  it('measures a server of the user, which listens on $PORT', async () => {
    const program = `require('net').createServer((s) => s.pipe(s)).listen(process.env.PORT, '127.0.0.1')`;
    const yours = await ServerProcess.startOnPort(serverCore, [
      'sh',
      '-c',
      `exec "${process.execPath}" -e "${program}"`,
    ]);
    try {
      const { port, pid: serverPid } = yours;
      const report = await loadUntil(10, { port, serverPid, connections: 2 });
      expect(report.serverCpuUsPerRoundTrip).toBeGreaterThan(0.1);
    } finally {
      await yours.stop();
    }
    const exiting = ServerProcess.startOnPort(serverCore, ['sh', '-c', 'echo no such thing >&2; exit 3']);
    await expect(exiting).rejects.toThrow('the server exited with 3 before it listened: no such thing');
  });

  it('fails with one line when the connection is refused', async () => {
    await expect(load({ port: 1 })).rejects.toThrow(/^load: connection \d+: Connection refused$/);
  });

  it('fails with one line when the server exits', async () => {
    const doomed = await ServerProcess.start(serverCore, [nativeProgram('echo-epoll')!]);
    const run = load({ port: doomed.port, serverPid: doomed.pid, seconds: 10 });
    const failing = expect(run).rejects.toThrow(
      /^load: connection \d+, after \d+ answers: |^load: process \d+ has exited$/,
    );
    const descriptors = () => readdirSync(`/proc/${doomed.pid}/fd`).length;
    const before = descriptors();
    await vi.waitUntil(() => descriptors() >= before + 10, { timeout: 10_000 }); // until all are connected
    await doomed.stop();
    await failing;
  });
});

/** Tests examples/servers/metrics. */

import { connect } from 'node:net';
import { once } from 'node:events';

import { createTask, gather, run, sleep } from 'selectloop';
import { describe, expect, it } from 'vitest';

import { Events, serveMetrics, startEcho } from '../../examples/servers/metrics.js';

const endpoint = { host: '127.0.0.1', port: 0 };

/** Returns the samples by name and labels, and checks that each belongs to a metric with HELP and TYPE. */
function samplesOf(text: string): Map<string, number> {
  const samples = new Map<string, number>();
  let metric: { name: string; type: string } | null = null;
  const lines = text.trimEnd().split('\n');
  for (const [i, line] of lines.entries()) {
    const described = /^# HELP (\w+) .+\.$/.exec(line);
    if (described !== null) {
      const [, name = '', type = ''] = /^# TYPE (\w+) (counter|gauge)$/.exec(lines[i + 1]!)!;
      expect(name).toBe(described[1]);
      expect(name).toMatch(/^selectloop_[a-z_]+$/);
      expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter']);
      metric = { name, type };
    } else if (!line.startsWith('# TYPE')) {
      const [, name = '', labels = '', value] = /^(\w+)(\{\w+="\w+"\})? ([\d.e-]+)$/.exec(line)!;
      expect(name).toBe(metric?.name);
      samples.set(name + labels, Number(value));
    }
  }
  return samples;
}

describe('servers/metrics', () => {
  it('serves the counters of the loop, and of connections and tasks, in the format of Prometheus', async () => {
    await run(async () => {
      const events = new Events();
      const echo = await startEcho(endpoint);
      const metrics = await serveMetrics(endpoint, events);
      const get = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${metrics.port}${path}`);

      const client = connect(echo.port, '127.0.0.1');
      client.write('x');
      await once(client, 'data');
      const failing = createTask(async () => {
        await sleep(1);
        throw new RangeError('counted');
      });
      await gather([failing], { returnExceptions: true });
      const response = await get('/metrics');
      expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
      const during = samplesOf(await response.text());
      expect(during.get('selectloop_connections_open{side="server"}')).toBe(2); // that of the echo server, and this one
      expect(during.get('selectloop_tasks_failed_total')).toBe(1);
      expect(during.get('selectloop_iterations_total')).toBeGreaterThan(0);
      expect(during.get('selectloop_tasks')).toBeGreaterThan(0);

      client.end();
      await once(client.resume(), 'close');
      expect((await get('/other')).status).toBe(404);
      const after = samplesOf(await (await get('/metrics')).text());
      expect(after.get('selectloop_connections_opened_total{side="server"}')).toBeGreaterThanOrEqual(2);
      expect(after.get('selectloop_connections_open{side="client"}')).toBe(0);

      for (const server of [echo, metrics]) {
        server.close();
        server.closeClients();
        await server.waitClosed();
      }
    });
  });
});

/** pg against PostgreSQL. Its `stream` option takes the socket, on which it calls `connect`. */

import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import pg from 'pg';
import copy from 'pg-copy-streams';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { certificates } from '../../tls/certificates.js';
import { Daemon, postgres } from './daemons.js';
import { dialingSides, heard } from './sides.js';

let server: Daemon;
beforeAll(async () => {
  server = await Daemon.start(postgres);
});
beforeEach(() => server.run());
afterAll(() => server[Symbol.asyncDispose]());

const numbered = (count: number, line: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => line(i)).join('');

describe.each(dialingSides)('pg on $name', (side) => {
  const options = (): pg.ClientConfig => ({
    host: '127.0.0.1',
    port: server.port,
    user: 'postgres',
    database: 'postgres',
    stream: () => side.undialled(server.port),
  });
  async function connected(more: pg.ClientConfig = {}): Promise<pg.Client> {
    const client = new pg.Client({ ...options(), ...more });
    await client.connect();
    return client;
  }

  it('queries with parameters, after an error, and 20 MB in one result', () =>
    side.run(async () => {
      const client = await connected();
      const sum = await client.query<{ sum: number }>('SELECT $1::int + $2::int AS sum', [20, 22]);
      expect(sum.rows).toEqual([{ sum: 42 }]);
      await expect(client.query('SELECT nothing')).rejects.toMatchObject({ code: '42703' });
      const large = await client.query<{ row: string }>(
        `SELECT repeat('x', 1000) AS row FROM generate_series(1, 20000)`,
      );
      expect(large.rows).toHaveLength(20_000);
      expect(large.rows.every(({ row }) => row.length === 1000)).toBe(true);
      await client.end();
    }));

  it('queries over TLS', () =>
    side.run(async () => {
      const client = await connected({ ssl: { ca: certificates().ca, servername: 'localhost' } });
      const { rows } = await client.query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
      expect(rows).toEqual([{ ssl: true }]);
      await client.end();
    }));

  it('shares five connections of a pool among a hundred queries', () =>
    side.run(async () => {
      const pool = new pg.Pool({ ...options(), max: 5 });
      const queries = Array.from({ length: 100 }, (_, i) => pool.query<{ n: number }>('SELECT $1::int AS n', [i]));
      const answers = await Promise.all(queries);
      expect(answers.map(({ rows }) => rows[0]!.n)).toEqual(Array.from({ length: 100 }, (_, i) => i));
      expect(pool.totalCount).toBe(5);
      await pool.end();
    }));

  it('copies 200,000 rows in and out', () =>
    side.run(async () => {
      const client = await connected();
      await client.query('CREATE TEMPORARY TABLE numbers (n int, text text)');
      const thousand = (_: unknown, k: number): string => numbered(1000, (i) => `${k * 1000 + i}\trow ${i}\n`);
      const rows = Readable.from(Array.from({ length: 200 }, thousand));
      await pipeline(rows, client.query(copy.from('COPY numbers FROM STDIN')));
      let text = '';
      for await (const chunk of client.query(copy.to('COPY (SELECT n FROM numbers ORDER BY n) TO STDOUT')))
        text += String(chunk);
      expect(text).toBe(numbered(200_000, (i) => `${i}\n`));
      await client.end();
    }));

  it('receives notifications of another client', () =>
    side.run(async () => {
      const [listener, notifier] = [await connected(), await connected()];
      await listener.query('LISTEN news');
      const heard = once(listener, 'notification');
      await notifier.query(`NOTIFY news, 'tea is ready'`);
      expect(await heard).toMatchObject([{ channel: 'news', payload: 'tea is ready' }]);
      await Promise.all([listener.end(), notifier.end()]);
    }));

  it('rejects the query of a connection that the server terminates', () =>
    side.run(async () => {
      const [client, other] = [await connected(), await connected()];
      const ended = heard(client, 'end');
      client.on('error', () => {});
      const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      const query = client.query('SELECT pg_sleep(60)').catch((error: unknown) => error);
      await other.query('SELECT pg_terminate_backend($1)', [rows[0]!.pid]);
      expect(await query).toMatchObject({ code: '57P01' });
      await ended;
      await other.end();
    }));

  it.each(['stop', 'kill'] as const)('rejects its query and reconnects after a %s of the server', (how) =>
    side.run(async () => {
      const pool = new pg.Pool(options());
      const errors: unknown[] = [];
      pool.on('error', (error) => errors.push(error));
      const client = await pool.connect();
      client.on('error', () => {});
      const ended = heard(client, 'end');
      await pool.query('SELECT 1'); // a second, idle connection
      const query = client.query('SELECT pg_sleep(60)').catch((error: unknown) => error as Error);
      await server[how]();
      const error = await query;
      if (how === 'stop') expect(error).toMatchObject({ code: '57P01' });
      else expect((error as Error).message).toMatch(/Connection terminated unexpectedly|ECONNRESET/);
      await ended;
      client.release(true);
      await server.run();
      expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
      expect(errors).toHaveLength(1); // of the idle connection
      await pool.end();
    }),
  );

  it('reports that nothing listens', () =>
    side.run(async () => {
      await server.stop();
      await expect(connected()).rejects.toMatchObject({ code: 'ECONNREFUSED', syscall: 'connect' });
      await server.run();
    }));
});

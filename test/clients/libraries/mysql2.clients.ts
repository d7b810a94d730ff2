/** mysql2 against MariaDB. Its `stream` option takes the socket. */

import type { Connection as CoreConnection } from 'mysql2';
import type { Connection, ConnectionOptions, Pool, RowDataPacket } from 'mysql2/promise';
import mysql from 'mysql2/promise';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { Daemon, mariadb } from './daemons.js';
import { dialingSides, heard } from './sides.js';

let server: Daemon;
beforeAll(async () => {
  server = await Daemon.start(mariadb);
});
beforeEach(() => server.run());
afterAll(() => server[Symbol.asyncDispose]());

/** The core of a promise connection, which emits events and streams. */
const core = (connection: Connection): CoreConnection =>
  (connection as unknown as { connection: CoreConnection }).connection;

describe.each(dialingSides)('mysql2 on $name', (side) => {
  const options = (): ConnectionOptions => ({
    host: '127.0.0.1',
    port: server.port,
    user: 'root',
    database: 'mysql',
    stream: () => side.dial(server.port),
  });
  const connected = (): Promise<Connection> => mysql.createConnection(options());
  async function rows(connection: Connection | Pool, sql: string, values?: number[]): Promise<RowDataPacket[]> {
    const [result] = await connection.query<RowDataPacket[]>(sql, values);
    return result;
  }

  it('queries with parameters, with a prepared statement, after an error, and 20 MB in one result', () =>
    side.run(async () => {
      const connection = await connected();
      expect(await rows(connection, 'SELECT ? + ? AS sum', [20, 22])).toEqual([{ sum: 42 }]);
      const [prepared] = await connection.execute('SELECT ? AS text', ['tea']);
      expect(prepared).toEqual([{ text: 'tea' }]);
      await expect(connection.query('SELECT nothing')).rejects.toMatchObject({ code: 'ER_BAD_FIELD_ERROR' });
      const large = await rows(connection, `SELECT repeat('x', 1000) AS text FROM seq_1_to_20000`);
      expect(large).toHaveLength(20_000);
      expect(large.every(({ text }) => (text as string).length === 1000)).toBe(true);
      const [[echo]] = await connection.query<RowDataPacket[]>('SELECT ? AS text', ['y'.repeat(10_000_000)]);
      expect(echo!.text).toBe('y'.repeat(10_000_000));
      await connection.end();
    }));

  it('streams 300,000 rows to a slow reader', () =>
    side.run(async () => {
      const connection = await connected();
      const stream = core(connection).query('SELECT seq FROM seq_1_to_300000').stream({ highWaterMark: 10 });
      let [count, sum] = [0, 0];
      for await (const { seq } of stream as AsyncIterable<{ seq: number }>) {
        count += 1;
        sum += seq;
        if (count % 100_000 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
      }
      expect([count, sum]).toEqual([300_000, 45_000_150_000]);
      await connection.end();
    }));

  it('shares five connections of a pool among a hundred queries', () =>
    side.run(async () => {
      const pool = mysql.createPool({ ...options(), connectionLimit: 5 });
      const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => rows(pool, 'SELECT ? AS n', [i])));
      expect(answers.map(([row]) => row!.n as number)).toEqual(Array.from({ length: 100 }, (_, i) => i));
      await pool.end();
    }));

  it('rejects the query of a connection that the server kills', () =>
    side.run(async () => {
      const [connection, other] = [await connected(), await connected()];
      connection.on('error', () => {});
      const query = connection.query('SELECT sleep(60)').catch((error: unknown) => error);
      await other.query(`KILL ${connection.threadId}`);
      expect(['ER_CONNECTION_KILLED', 'PROTOCOL_CONNECTION_LOST']).toContain(((await query) as { code: string }).code);
      await expect(connection.query('SELECT 1')).rejects.toThrow();
      await other.end();
    }));

  it.each(['stop', 'kill'] as const)('rejects its query and reconnects after a %s of the server', (how) =>
    side.run(async () => {
      const pool = mysql.createPool(options());
      const query = pool.query('SELECT sleep(60)').catch((error: unknown) => error);
      const other = await connected();
      other.on('error', () => {});
      const ended = heard(core(other), 'end');
      await server[how]();
      expect(await query).toMatchObject({ fatal: true });
      await ended;
      await server.run();
      expect(await rows(pool, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
      await pool.end();
    }),
  );

  it('reports that nothing listens', () =>
    side.run(async () => {
      await server.stop();
      await expect(connected()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    }));
});

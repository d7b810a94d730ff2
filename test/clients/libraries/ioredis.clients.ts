/** ioredis against Redis. Its `Connector` option is a class that creates the sockets. */

import { AbstractConnector, Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { Daemon, redis } from './daemons.js';
import { connectingSides, heard } from './sides.js';

let server: Daemon;
/** For the time when the server is down: a connector that rejects would end its client permanently. */
let restarting: Promise<void> = Promise.resolve();
beforeAll(async () => {
  server = await Daemon.start(redis);
});
beforeEach(() => server.run());
afterAll(() => server[Symbol.asyncDispose]());

describe.each(connectingSides)('ioredis on $name', (side) => {
  class Connector extends AbstractConnector {
    constructor() {
      super(1000);
    }

    override async connect(): Promise<typeof this.stream> {
      this.connecting = true;
      await restarting;
      this.stream = await side.connect(server.port);
      return this.stream;
    }
  }

  /** A client that reports errors only to its commands. */
  async function connected(retryStrategy: () => number | null = () => 20): Promise<Redis> {
    const client = new Redis({ Connector, lazyConnect: true, retryStrategy });
    client.on('error', () => {});
    await client.connect();
    return client;
  }

  it('sends 10,000 commands in a pipeline, and a value of 10 MB', () =>
    side.run(async () => {
      const client = await connected();
      const pipeline = client.pipeline().del('counter');
      for (let i = 0; i < 10_000; i += 1) pipeline.incr('counter');
      const results = await pipeline.exec();
      expect(results!.at(-1)).toEqual([null, 10_000]);
      const value = Buffer.alloc(10_000_000, 'ten million');
      await client.set('large', value);
      expect(value.equals((await client.getBuffer('large'))!)).toBe(true);
      await client.quit();
    }));

  it('subscribes to what another client publishes', () =>
    side.run(async () => {
      const [subscriber, publisher] = [await connected(), await connected()];
      await subscriber.subscribe('news');
      const messages: string[] = [];
      const all = new Promise<void>((resolve) =>
        subscriber.on('message', (_channel, message) => messages.push(message) === 1000 && resolve()),
      );
      const numbers = Array.from({ length: 1000 }, (_, i) => String(i));
      await Promise.all(numbers.map((number) => publisher.publish('news', number)));
      await all;
      expect(messages).toEqual(numbers);
      await Promise.all([subscriber.quit(), publisher.quit()]);
    }));

  it('ends permanently with QUIT', () =>
    side.run(async () => {
      const client = await connected();
      const ended = heard(client, 'end');
      expect(await client.quit()).toBe('OK');
      await ended;
      expect(client.status).toBe('end');
      await expect(client.ping()).rejects.toThrow('Connection is closed.');
    }));

  it('reconnects after CLIENT KILL, and resends unanswered commands', () =>
    side.run(async () => {
      const [client, other] = [await connected(), await connected()];
      const id = await client.client('ID');
      const closed = heard(client, 'close');
      const popped = client.blpop('queue', 0);
      while (!/ cmd=blpop /.test(String(await other.client('LIST')))) await other.ping();
      expect(await other.client('KILL', 'ID', id)).toBe(1);
      await closed;
      await other.rpush('queue', 'tea');
      expect(await popped).toEqual(['queue', 'tea']);
      expect(await client.client('ID')).not.toBe(id);
      await Promise.all([client.quit(), other.quit()]);
    }));

  it.each(['stop', 'kill'] as const)('reconnects after a %s of the server', (how) =>
    side.run(async () => {
      const client = await connected();
      const popped = client.blpop('queue', 0);
      const closed = heard(client, 'close');
      restarting = server[how]().then(() => server.run());
      await Promise.all([closed, restarting]);
      const other = await connected();
      await other.rpush('queue', 'cake');
      expect(await popped).toEqual(['queue', 'cake']);
      await Promise.all([client.quit(), other.quit()]);
    }),
  );

  it('rejects commands in flight when it may not reconnect', () =>
    side.run(async () => {
      const client = await connected(() => null);
      const ended = heard(client, 'end');
      const popped = client.blpop('queue', 0).catch((error: unknown) => error as Error);
      await server.kill();
      expect(((await popped) as Error).message).toBe('Connection is closed.');
      await ended;
    }));

  it('reports that nothing listens', () =>
    side.run(async () => {
      await server.stop();
      const client = new Redis({ Connector, lazyConnect: true, retryStrategy: () => null });
      client.on('error', () => {});
      await expect(client.connect()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    }));
});

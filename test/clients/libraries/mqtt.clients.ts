/** MQTT.js against Mosquitto. A client is made with a function that returns sockets. */

import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { Daemon, mosquitto } from './daemons.js';
import { dialingSides, heard } from './sides.js';

let server: Daemon;
beforeAll(async () => {
  server = await Daemon.start(mosquitto);
});
beforeEach(() => server.run());
afterAll(() => server[Symbol.asyncDispose]());

describe.each(dialingSides)('mqtt on $name', (side) => {
  async function connected(options: IClientOptions = {}): Promise<MqttClient> {
    const client = new mqtt.MqttClient(() => side.dial(server.port), { reconnectPeriod: 20, ...options });
    client.on('error', () => {});
    await heard(client, 'connect');
    return client;
  }

  it.each([0, 1, 2] as const)('publishes a thousand messages with QoS %i', (qos) =>
    side.run(async () => {
      const client = await connected();
      await client.subscribeAsync('numbers', { qos });
      const messages: string[] = [];
      const all = new Promise<void>((resolve) =>
        client.on('message', (_topic, message) => messages.push(message.toString()) === 1000 && resolve()),
      );
      const numbers = Array.from({ length: 1000 }, (_, i) => String(i));
      await Promise.all(numbers.map((number) => client.publishAsync('numbers', number, { qos })));
      await all;
      expect(messages).toEqual(numbers);
      await client.endAsync();
    }),
  );

  it('publishes a message of 10 MB', () =>
    side.run(async () => {
      const client = await connected();
      await client.subscribeAsync('large', { qos: 1 });
      const received = new Promise<Buffer>((resolve) => client.once('message', (_topic, message) => resolve(message)));
      const message = Buffer.alloc(10_000_000, 'ten million');
      await client.publishAsync('large', message, { qos: 1 });
      expect(message.equals(await received)).toBe(true);
      await client.endAsync();
    }));

  it('leaves a will when its connection breaks, and none when it ends in an orderly way', () =>
    side.run(async () => {
      const watcher = await connected();
      await watcher.subscribeAsync('wills');
      const wills: string[] = [];
      watcher.on('message', (_topic, message) => wills.push(message.toString()));
      const will = (payload: string): IClientOptions => ({ will: { topic: 'wills', payload, qos: 0, retain: false } });
      await (await connected(will('in order'))).endAsync();
      const broken = await connected({ ...will('broken'), reconnectPeriod: 0 });
      const received = heard(watcher, 'message');
      broken.stream.destroy();
      await received;
      expect(wills).toEqual(['broken']);
      await Promise.all([watcher.endAsync(), broken.endAsync(true)]);
    }));

  it('is disconnected by the broker when another client with its name connects', () =>
    side.run(async () => {
      const client = await connected({ clientId: 'twin', reconnectPeriod: 0 });
      const closed = heard(client, 'close');
      const twin = await connected({ clientId: 'twin' });
      await closed;
      expect(client.connected).toBe(false);
      await Promise.all([client.endAsync(true), twin.endAsync()]);
    }));

  it.each(['stop', 'kill'] as const)('reconnects and resubscribes after a %s of the broker', (how) =>
    side.run(async () => {
      const client = await connected();
      await client.subscribeAsync('news', { qos: 1 });
      const [closed, connectedAgain] = [heard(client, 'close'), heard(client, 'connect')];
      await server[how]();
      await closed;
      const published = client.publishAsync('news', 'what was written meanwhile', { qos: 1 });
      await server.run();
      await connectedAgain;
      await published;
      const received = new Promise<void>((resolve) =>
        client.on('message', (_topic, message) => message.toString() === 'afterwards' && resolve()),
      );
      await client.publishAsync('news', 'afterwards', { qos: 1 });
      await received;
      await client.endAsync();
    }),
  );
});

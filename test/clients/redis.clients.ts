/** redis-cli and redis-benchmark against the Redis server of the examples. */

import { describe, expect, it } from 'vitest';

import { ServerProcess, sh } from './servers.js';

describe('redis-cli', () => {
  it('sets, counts, expires and lists', async () => {
    await using server = await ServerProcess.example('redis/redis-server', ['--port', '0']);
    const cli = `redis-cli -p ${server.port}`;
    const ask = async (command: string): Promise<string> => (await sh(`${cli} ${command}`)).trim();
    expect(await ask('ping')).toBe('PONG');
    expect(await ask('echo "two words"')).toBe('two words');
    expect(await ask('set greeting hello ex 100')).toBe('OK');
    expect(await ask('get greeting')).toBe('hello');
    expect(Number(await ask('ttl greeting'))).toBeGreaterThan(80); // redis-cli may take seconds to start
    expect(await ask('expire greeting 1')).toBe('1');
    expect(await ask('incr counter')).toBe('1');
    expect(await ask('mget greeting counter nothing')).toBe('hello\n1');
    expect((await ask("keys '*'")).split('\n').sort()).toEqual(['counter', 'greeting']);
    expect(await ask('del counter nothing')).toBe('1');
    expect(await ask('config get appendonly')).toBe('appendonly\nno');
    expect(await ask('command count')).toBe('12');
    expect(await ask('get')).toContain("ERR wrong number of arguments for 'get' command");
    expect(await ask('flushall')).toContain("ERR unknown command 'flushall'");
    expect(await sh(`sleep 1.5; ${cli} get greeting`)).toBe('\n');
  });

  it('sends a large value and reads it back', async () => {
    await using server = await ServerProcess.example('redis/redis-server', ['--port', '0']);
    const cli = `redis-cli -p ${server.port}`;
    const line = `f=$(mktemp); head -c 3000000 /dev/urandom | base64 -w0 > $f; sha256sum < $f; ${cli} -x set big < $f >&2; ${cli} --raw get big | head -c -1 | sha256sum; rm $f`;
    const [sent, received] = (await sh(line)).trim().split('\n');
    expect(received).toBe(sent);
  });

  it('loads 200,000 requests through its pipe mode', async () => {
    await using server = await ServerProcess.example('redis/redis-server', ['--port', '0']);
    const requests = `seq 200000 | awk '{printf "SET key%d %d\\r\\n", $1, $1}'`;
    const report = await sh(`${requests} | redis-cli -p ${server.port} --pipe`).catch((error: unknown) =>
      String(error),
    );
    // The last request, an ECHO, shows that all requests were answered.
    expect(report).toContain('errors: 0, replies: 200000');
  });
});

describe.each(['select', 'poll', 'epoll'])('redis-benchmark (%s)', (selector) => {
  it('serves 200,000 requests of each kind without an error', async () => {
    await using server = await ServerProcess.example('redis/redis-server', ['--port', '0'], selector);
    const report = await sh(
      `redis-benchmark -p ${server.port} -t ping,set,get,incr -P 16 -c 50 -n 200000 -q 2>&1 | tr '\\r' '\\n' | grep 'requests per second'`,
    );
    console.log(`${selector}:\n${report}`);
    expect(report.match(/^(PING_INLINE|PING_MBULK|PING_BULK|SET|GET|INCR): [\d.]+ requests per second/gm)).toHaveLength(
      5,
    );
    expect((await sh(`redis-cli -p ${server.port} get counter:__rand_int__`)).trim()).toBe('200000');
  });
});

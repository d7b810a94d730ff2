/** Tests the Redis server of examples/servers byte by byte. Real clients connect to it in test/clients. */

import { connect } from 'node:net';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

import { run } from 'selectloop';
import { describe, expect, it } from 'vitest';

import { execute } from '../../examples/servers/redis/commands.js';
import { globPattern } from '../../examples/servers/redis/glob.js';
import { Keyspace } from '../../examples/servers/redis/keyspace.js';
import { startRedis } from '../../examples/servers/redis/redis-server.js';
import { ProtocolError, RequestParser, encode } from '../../examples/servers/redis/resp.js';

/** Makes a keyspace whose clock is moved by hand, and a function that executes an inline command. */
function session(): { send: (line: string) => string; advance: (ms: number) => void; keyspace: Keyspace } {
  let nowMs = 0;
  const keyspace = new Keyspace(() => nowMs);
  const parser = new RequestParser();
  return {
    keyspace,
    advance: (ms) => (nowMs += ms),
    send: (line) => {
      const out: Buffer[] = [];
      for (const request of parser.feed(Buffer.from(`${line}\r\n`))) encode(execute(keyspace, request), out);
      return Buffer.concat(out).toString();
    },
  };
}

describe('the commands of the Redis server', () => {
  it.each([
    ['PING', '+PONG\r\n'],
    ['ping hello', '$5\r\nhello\r\n'],
    ['PING a b', "-ERR wrong number of arguments for 'ping' command\r\n"],
    ['ECHO "two words"', '$9\r\ntwo words\r\n'],
    ['ECHO', "-ERR wrong number of arguments for 'echo' command\r\n"],
    ['GET nothing', '$-1\r\n'],
    ['GET', "-ERR wrong number of arguments for 'get' command\r\n"],
    ['MGET a b', '*2\r\n$-1\r\n$-1\r\n'],
    ['DEL a b', ':0\r\n'],
    ['TTL nothing', ':-2\r\n'],
    ['EXPIRE nothing 1', ':0\r\n'],
    ['EXPIRE nothing soon', '-ERR value is not an integer or out of range\r\n'],
    ['KEYS *', '*0\r\n'],
    ['SET k v EX', '-ERR syntax error\r\n'],
    ['SET k v EX 0', "-ERR invalid expire time in 'set' command\r\n"],
    ['SET k v EX 1.5', '-ERR value is not an integer or out of range\r\n'],
    ['SET k v WHEN', '-ERR syntax error\r\n'],
    ['SET k v XX', '$-1\r\n'],
    ['CONFIG GET save', '*2\r\n$4\r\nsave\r\n$0\r\n\r\n'],
    ['CONFIG GET appendonl?', '*2\r\n$10\r\nappendonly\r\n$2\r\nno\r\n'],
    ['CONFIG GET nothing', '*0\r\n'],
    ['CONFIG RESETSTAT', "-ERR unknown subcommand 'RESETSTAT'. Only CONFIG GET is known here.\r\n"],
    ['COMMAND COUNT', ':12\r\n'],
    ['COMMAND DOCS', '*0\r\n'],
    ['FLY me "to the"', "-ERR unknown command 'FLY', with args beginning with: 'me' 'to the' \r\n"],
    ['constructor', "-ERR unknown command 'constructor', with args beginning with: \r\n"],
  ])('reply as Redis does to %s', (line, reply) => {
    expect(session().send(line)).toBe(reply);
  });

  it('COMMAND describes each command as Redis does', () => {
    const reply = session().send('COMMAND');
    expect(reply).toMatch(/^\*12\r\n/);
    expect(reply).toContain('*6\r\n$3\r\nget\r\n:2\r\n*2\r\n+readonly\r\n+fast\r\n:1\r\n:1\r\n:1\r\n');
  });

  it('SET, GET, MGET, DEL and KEYS store, return and remove binary values', () => {
    const { send } = session();
    expect(send('SET a "\\r\\n"')).toBe('+OK\r\n');
    expect(send('SET b 2 NX')).toBe('+OK\r\n');
    expect(send('SET b 3 NX')).toBe('$-1\r\n');
    expect(send('MGET a nothing b')).toBe('*3\r\n$2\r\n\r\n\r\n$-1\r\n$1\r\n2\r\n');
    expect(send('KEYS [ab]')).toBe('*2\r\n$1\r\na\r\n$1\r\nb\r\n');
    expect(send('DEL a a b')).toBe(':2\r\n');
    expect(send('KEYS *')).toBe('*0\r\n');
  });

  it('INCR counts in 64 bits, and fails for other values without changing them', () => {
    const { send } = session();
    expect(send('INCR n')).toBe(':1\r\n');
    expect(send('INCR n')).toBe(':2\r\n');
    send('SET n 9223372036854775806');
    expect(send('INCR n')).toBe(':9223372036854775807\r\n');
    expect(send('INCR n')).toBe('-ERR increment or decrement would overflow\r\n');
    for (const value of ['word', '01', '" 1"', '9223372036854775808', '1.0', '-0']) {
      send(`SET n ${value}`);
      expect(send('INCR n')).toBe('-ERR value is not an integer or out of range\r\n');
    }
  });

  it('remove expired keys, whether or not they are accessed', () => {
    const { send, advance, keyspace } = session();
    send('SET k v EX 10');
    expect(send('TTL k')).toBe(':10\r\n');
    advance(9999);
    expect(send('GET k')).toBe('$1\r\nv\r\n');
    advance(1);
    expect(send('GET k')).toBe('$-1\r\n');
    send('SET k v');
    expect(send('TTL k')).toBe(':-1\r\n');
    expect(send('EXPIRE k 5')).toBe(':1\r\n');
    send('SET k v'); // clears the expiry
    expect(send('TTL k')).toBe(':-1\r\n');
    send('SET n 1 EX 5');
    send('INCR n'); // keeps the expiry
    advance(5000);
    keyspace.sweep();
    expect(send('KEYS *')).toBe('*1\r\n$1\r\nk\r\n');
    expect(send('EXPIRE k -1')).toBe(':1\r\n');
    expect(send('GET k')).toBe('$-1\r\n');
  });

  it.each([
    ['*', 'anything\n', true],
    ['h?llo', 'hello', true],
    ['h?llo', 'hllo', false],
    ['h[ae]llo', 'hallo', true],
    ['h[^e]llo', 'hello', false],
    ['h[a-c]llo', 'hbllo', true],
    ['h[z-a]llo', 'hzllo', false],
    ['a.c', 'abc', false],
    ['\\*', '*', true],
    ['\\*', 'x', false],
    ['(', '(', true],
  ])('KEYS with the pattern %j and the key %j matches: %s', (glob, key, matches) => {
    expect(globPattern(glob).test(key)).toBe(matches);
  });
});

describe('the request parser of the Redis server', () => {
  const requests = Buffer.from(
    '*2\r\n$4\r\nECHO\r\n$5\r\nhe\r\no\r\nPING\r\n*0\r\n\r\n*1\r\n$4\r\nPING\r\n*2\r\n$4\r\necho\r\n$0\r\n\r\n',
  );
  const understood = [['ECHO', 'he\r\no'], ['PING'], ['PING'], ['echo', '']];

  it('parses the same requests however the bytes are split into chunks', () => {
    for (let size = 1; size <= requests.length; size += 1) {
      const parser = new RequestParser();
      const seen: string[][] = [];
      for (let at = 0; at < requests.length; at += size) {
        for (const request of parser.feed(requests.subarray(at, at + size))) seen.push(request.map(String));
      }
      expect(seen).toEqual(understood);
    }
  });

  it.each([
    ['*1\r\n:4\r\n', "expected '$', got ':'"],
    ['*x\r\n', 'invalid multibulk length'],
    ['*9999999\r\n', 'invalid multibulk length'],
    ['*1\r\n$-5\r\n', 'invalid bulk length'],
    ['*1\r\n$9999999999\r\n', 'invalid bulk length'],
    ['ECHO "open\r\n', 'unbalanced quotes in request'],
    ['ECHO "a"b\r\n', 'unbalanced quotes in request'],
    ['x'.repeat(70_000), 'too big inline request'],
  ])('throws a ProtocolError for %j', (bytes, message) => {
    expect(() => [...new RequestParser().feed(Buffer.from(bytes))]).toThrow(new ProtocolError(message));
  });

  it('parses a value of 64 MB in small chunks without quadratic copying', () => {
    const parser = new RequestParser();
    const piece = Buffer.alloc(16_384);
    let seen = [...parser.feed(Buffer.from(`*1\r\n$${piece.length * 4096}\r\n`))];
    for (let i = 0; i < 4096; i += 1) seen = [...parser.feed(piece)];
    expect(seen).toEqual([]);
    seen = [...parser.feed(Buffer.from('\r\n'))];
    expect(seen[0]![0]).toHaveLength(piece.length * 4096);
  });
});

describe('the Redis server', () => {
  it('replies to a pipeline in order, and closes the connection after a protocol error', async () => {
    await run(async () => {
      const server = await startRedis({ host: '127.0.0.1', port: 0 });
      const { port } = server.sockets[0]!.getsockname() as { port: number };
      const client = connect(port, '127.0.0.1');
      client.write('SET k v\r\nGET k\r\nNONSENSE\r\nPING\r\n*1\r\n!\r\nPING\r\n');
      expect(await text(client)).toBe(
        "+OK\r\n$1\r\nv\r\n-ERR unknown command 'NONSENSE', with args beginning with: \r\n+PONG\r\n" +
          "-ERR Protocol error: expected '$', got '!'\r\n",
      );
      const rude = connect(port, '127.0.0.1');
      await once(rude, 'connect');
      rude.write('PING\r\n'.repeat(1000));
      rude.resetAndDestroy();
      server.close();
      await server.waitClosed();
    });
  });
});

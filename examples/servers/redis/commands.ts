/** The commands: functions from arguments to replies. None of them waits, so each is atomic. */

import { globPattern } from './glob.js';
import type { Keyspace } from './keyspace.js';
import { Failure, type Reply, Status } from './resp.js';

interface Command {
  /** As in Redis: the number of words including the name, or minus the minimum number. */
  readonly arity: number;
  readonly flags: readonly string[];
  /** The positions of the keys among the words: first, last, step. */
  readonly keys: readonly [number, number, number];
  run(keyspace: Keyspace, args: readonly Buffer[]): Reply;
}

const OK = new Status('OK');
const PONG = new Status('PONG');
const NOT_AN_INTEGER = new Failure('ERR value is not an integer or out of range');
const SYNTAX_ERROR = new Failure('ERR syntax error');
const MAX_INTEGER = 2n ** 63n - 1n;
/** Above this, the sum of clock and life would not be an exact integer. */
const MAX_LIFE_MS = 2 ** 52;
/** KEYS compares every key with the pattern, and the server does nothing else meanwhile. So both are short. */
const MAX_KEY_BYTES = 1024;
const MAX_PATTERN_BYTES = 256;
const KEY_TOO_LONG = new Failure('ERR key is too long');
const PATTERN_TOO_LONG = new Failure('ERR pattern is too long');
const NO_KEYS = [0, 0, 0] as const;

const configuration: Readonly<Record<string, string>> = {
  appendonly: 'no',
  databases: '1',
  maxmemory: '0',
  save: '',
};

const commands: Readonly<Record<string, Command>> = {
  ping: {
    arity: -1,
    flags: ['fast'],
    keys: NO_KEYS,
    run: (_, args) => (args.length > 1 ? wrongNumber('ping') : (args[0] ?? PONG)),
  },
  echo: { arity: 2, flags: ['fast'], keys: NO_KEYS, run: (_, [text]) => text! },
  get: { arity: 2, flags: ['readonly', 'fast'], keys: [1, 1, 1], run: (keyspace, [key]) => keyspace.get(textOf(key!)) },
  set: { arity: -3, flags: ['write'], keys: [1, 1, 1], run: set },
  mget: {
    arity: -2,
    flags: ['readonly', 'fast'],
    keys: [1, -1, 1],
    run: (keyspace, keys) => keys.map((key) => keyspace.get(textOf(key))),
  },
  del: {
    arity: -2,
    flags: ['write'],
    keys: [1, -1, 1],
    run: (keyspace, keys) => keys.filter((key) => keyspace.delete(textOf(key))).length,
  },
  incr: { arity: 2, flags: ['write', 'fast'], keys: [1, 1, 1], run: increment },
  expire: { arity: 3, flags: ['write', 'fast'], keys: [1, 1, 1], run: expire },
  ttl: { arity: 2, flags: ['readonly', 'fast'], keys: [1, 1, 1], run: timeToLive },
  keys: {
    arity: 2,
    flags: ['readonly'],
    keys: NO_KEYS,
    run: (keyspace, [glob]) => {
      if (glob!.length > MAX_PATTERN_BYTES) return PATTERN_TOO_LONG;
      const pattern = globPattern(textOf(glob!));
      return keyspace
        .keys()
        .filter((key) => pattern.test(key))
        .map(bytesOf);
    },
  },
  config: { arity: -2, flags: ['admin'], keys: NO_KEYS, run: config },
  command: { arity: -1, flags: ['fast'], keys: NO_KEYS, run: describeCommands },
};

/** Executes a request. */
export function execute(keyspace: Keyspace, [word, ...args]: readonly Buffer[]): Reply {
  const name = textOf(word!).toLowerCase();
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) return unknownCommand(textOf(word!), args);
  const words = args.length + 1;
  if (command.arity >= 0 ? words !== command.arity : words < -command.arity) return wrongNumber(name);
  return command.run(keyspace, args);
}

/** SET key value [EX seconds | PX milliseconds] [NX | XX] */
function set(keyspace: Keyspace, [key, value, ...options]: readonly Buffer[]): Reply {
  if (key!.length > MAX_KEY_BYTES) return KEY_TOO_LONG;
  const name = textOf(key!);
  let lifeMs: number | null = null;
  let condition: string | null = null;
  for (let i = 0; i < options.length; i += 1) {
    const option = textOf(options[i]!).toUpperCase();
    if ((option === 'EX' || option === 'PX') && lifeMs === null && i + 1 < options.length) {
      i += 1;
      const life = lifeOf(options[i]!, option === 'EX' ? 1000 : 1);
      if (life === null) return NOT_AN_INTEGER;
      if (life <= 0 || life > MAX_LIFE_MS) return new Failure("ERR invalid expire time in 'set' command");
      lifeMs = life;
    } else if ((option === 'NX' || option === 'XX') && condition === null) condition = option;
    else return SYNTAX_ERROR;
  }
  if (condition !== null && (keyspace.get(name) === null) !== (condition === 'NX')) return null;
  keyspace.set(name, value!, lifeMs);
  return OK;
}

function increment(keyspace: Keyspace, [key]: readonly Buffer[]): Reply {
  if (key!.length > MAX_KEY_BYTES) return KEY_TOO_LONG;
  const name = textOf(key!);
  const old = integerOf(keyspace.get(name) ?? Buffer.from('0'));
  if (old === null) return NOT_AN_INTEGER;
  if (old === MAX_INTEGER) return new Failure('ERR increment or decrement would overflow');
  keyspace.replace(name, Buffer.from(String(old + 1n)));
  return old + 1n;
}

function expire(keyspace: Keyspace, [key, seconds]: readonly Buffer[]): Reply {
  const name = textOf(key!);
  const lifeMs = lifeOf(seconds!, 1000);
  if (lifeMs === null) return NOT_AN_INTEGER;
  if (Math.abs(lifeMs) > MAX_LIFE_MS) return new Failure("ERR invalid expire time in 'expire' command");
  if (lifeMs <= 0) return keyspace.delete(name) ? 1 : 0;
  return keyspace.expire(name, lifeMs) ? 1 : 0;
}

/** Replies with the remaining seconds, rounded; -1 if the key does not expire, -2 if there is no such key. */
function timeToLive(keyspace: Keyspace, [key]: readonly Buffer[]): Reply {
  const lifeMs = keyspace.lifeMs(textOf(key!));
  if (lifeMs === undefined) return -2;
  return lifeMs === null ? -1 : Math.round(lifeMs / 1000);
}

/** CONFIG GET pattern ... */
function config(_: Keyspace, [word, ...patterns]: readonly Buffer[]): Reply {
  const subcommand = textOf(word!);
  if (subcommand.toUpperCase() !== 'GET') {
    return new Failure(`ERR unknown subcommand '${subcommand.slice(0, 128)}'. Only CONFIG GET is known here.`);
  }
  if (patterns.length === 0) return wrongNumber('config|get');
  if (patterns.some(({ length }) => length > MAX_PATTERN_BYTES)) return PATTERN_TOO_LONG;
  const tests = patterns.map((pattern) => globPattern(textOf(pattern), { ignoreCase: true }));
  return Object.entries(configuration)
    .filter(([name]) => tests.some((test) => test.test(name)))
    .flat()
    .map(bytesOf);
}

/** COMMAND, COMMAND COUNT, COMMAND DOCS: redis-cli asks for them when it starts. */
function describeCommands(_: Keyspace, [word]: readonly Buffer[]): Reply {
  const subcommand = word === undefined ? null : textOf(word);
  switch (subcommand?.toUpperCase()) {
    case undefined:
      return Object.entries(commands).map(([name, { arity, flags, keys }]) => [
        bytesOf(name),
        arity,
        flags.map((flag) => new Status(flag)),
        ...keys,
      ]);
    case 'COUNT':
      return Object.keys(commands).length;
    case 'DOCS':
      return []; // redis-cli works without them
    default:
      return new Failure(`ERR unknown subcommand '${subcommand!.slice(0, 128)}'. Try COMMAND COUNT.`);
  }
}

function unknownCommand(name: string, args: readonly Buffer[]): Failure {
  const shown = args.map((arg) => `'${textOf(arg).slice(0, 128)}' `).join('');
  return new Failure(`ERR unknown command '${name.slice(0, 128)}', with args beginning with: ${shown.slice(0, 128)}`);
}

function wrongNumber(name: string): Failure {
  return new Failure(`ERR wrong number of arguments for '${name}' command`);
}

function lifeOf(argument: Buffer, unitMs: number): number | null {
  const units = integerOf(argument);
  return units === null ? null : Number(units) * unitMs;
}

/** Parses a signed 64-bit integer as Redis does: without leading zeros, plus signs or spaces. */
function integerOf(argument: Buffer): bigint | null {
  const text = textOf(argument);
  if (text.length > 20 || !/^(0|-?[1-9]\d*)$/.test(text)) return null;
  const value = BigInt(text);
  return BigInt.asIntN(64, value) === value ? value : null;
}

function textOf(bytes: Buffer): string {
  return bytes.toString('latin1');
}

function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

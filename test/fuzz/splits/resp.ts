/** Requests of Redis clients, for the parser of the Redis example. */

import { ProtocolError, RequestParser } from '../../../examples/servers/redis/resp.js';
import type { Random } from '../random.js';

export function makeCommands(random: Random): string {
  let input = '';
  for (let i = random.between(1, 4); i > 0; i -= 1)
    input += random.chance(0.6) ? makeArray(random) : makeInline(random);
  if (random.chance(0.4)) input = damaged(input, random);
  return input;
}

function makeArray(random: Random): string {
  const words = Array.from({ length: random.between(0, 3) }, () => makeWord(random));
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
}

const makeWord = (random: Random): string =>
  Array.from({ length: random.between(0, 8) }, () => random.pick(Array.from('aZ0$*\r\n "\\\xff'))).join('');

function makeInline(random: Random): string {
  const words = ['PING', 'set k v', '"a b"', "'it'", '"\\n"', '', '  ', 'x"y"'];
  return `${random.pick(words)} ${random.pick(words)}${random.pick(['\r\n', '\n'])}`;
}

/** Removes, replaces or inserts a byte. */
export function damaged(input: string, random: Random): string {
  const at = random.between(0, input.length);
  const inserted = random.chance(0.5) ? random.pick(Array.from('*$-019\r\n: \0')) : '';
  return input.slice(0, at) + inserted + input.slice(random.chance(0.5) ? at + 1 : at);
}

/** Returns the requests that the parser finds, and how it ends. */
export function respRequests(chunks: readonly Buffer[]): string {
  const parser = new RequestParser();
  const lines: string[] = [];
  try {
    for (const chunk of chunks) {
      for (const request of parser.feed(chunk))
        lines.push(JSON.stringify(request.map((each) => each.toString('latin1'))));
    }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    lines.push(`error: ${error.message}`);
  }
  return lines.join('\n');
}

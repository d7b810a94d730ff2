/** DNS queries for the name server among the examples. A datagram arrives whole, so its splits are the ways to truncate it. */

import { answerTo } from '../../../examples/servers/udp-names.js';
import type { Random } from '../random.js';
import { damaged } from './resp.js';

const TABLE = { 'loop.test': '127.0.0.7', a: '10.0.0.1' };

export function makeQuery(random: Random): string {
  const name = random.pick(['loop.test', 'LOOP.test', 'a', 'other.example', '']);
  const labels =
    name === ''
      ? ''
      : name
          .split('.')
          .map((label) => String.fromCharCode(label.length) + label)
          .join('');
  const flags = random.pick(['\x01\0', '\0\0', '\x80\0']);
  const header = `\x12\x34${flags}\0${random.pick(['\x01', '\x01', '\0', '\x02'])}\0\0\0\0\0\0`;
  const query = `${header}${labels}\0\0${random.pick(['\x01', '\x1c'])}\0\x01`;
  return random.chance(0.5) ? damaged(query, random) : query;
}

/** Checks the answers to every truncation of a query. Returns what is wrong, or null. */
export function answersToQuery(query: Buffer): string | null {
  for (let length = 0; length <= query.length; length += 1) {
    const whole = Buffer.from(query.subarray(0, length));
    // The same bytes in the middle of a larger buffer, as a receive buffer is.
    const inside = Buffer.concat([Buffer.alloc(7, 1), whole, Buffer.alloc(9, 1)]).subarray(7, 7 + length);
    const [answer, again] = [answerTo(whole, TABLE), answerTo(inside, TABLE)];
    if (answer?.toString('latin1') !== again?.toString('latin1'))
      return `dns: the answer depends on what surrounds the query, ${length} bytes`;
    if (answer === null) continue;
    if (answer.length < 12 || !answer.subarray(0, 2).equals(whole.subarray(0, 2)) || (answer[2]! & 0x80) === 0)
      return `dns: ${answer.toString('hex')} is no answer to ${whole.toString('hex')}`;
  }
  return null;
}

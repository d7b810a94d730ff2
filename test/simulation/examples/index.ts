/** The simulated examples, by name. */

import { echo, proxy } from './byte-streams.js';
import { chat } from './chat.js';
import { files } from './files.js';
import { redis } from './redis.js';
import { rpc } from './rpc.js';
import { service } from './service.js';
import type { Scenario } from './scenario.js';

export const SCENARIOS: Readonly<Record<string, Scenario>> = { echo, chat, proxy, files, rpc, redis, service };

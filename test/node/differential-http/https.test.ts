/** `https.Server.listen` against `serveHttp`: the whole table over TLS, with the option `tls` and with a server of `node:https`. */

import { describe, it } from 'vitest';

import { hostedLoops } from '../../support/every-loop.js';
import { Comparison } from './compare.js';
import { subjects } from './scenarios/index.js';
import { onNode, onOurs } from './sides.js';

const [select, poll] = hostedLoops;

for (const [subject, scenarios] of Object.entries(subjects)) {
  describe(`serveHttp over TLS, as https.Server.listen (${subject})`, () => {
    for (const scenario of scenarios.filter(({ only }) => only !== 'plain')) {
      it(scenario.name, async () => {
        const node = new Comparison(scenario, (variant) => onNode(variant, true));
        await node.with((variant) => onOurs(select!, variant, 'tls option'), 'with the option tls');
        await node.with((variant) => onOurs(poll!, variant, 'https server'), 'with a server of node:https');
      });
    }
  });
}

/** `https.Server.listen` against `serveHttp`: the whole table over TLS, with the option `tls` and with a server of `node:https`. */

import { describe, expect, it } from 'vitest';

import { hostedLoops } from '../../support/every-loop.js';
import { subjects } from './scenarios/index.js';
import { onNode, onOurs } from './sides.js';

const [select, poll] = hostedLoops;

for (const [subject, scenarios] of Object.entries(subjects)) {
  describe(`serveHttp over TLS, as https.Server.listen (${subject})`, () => {
    for (const scenario of scenarios.filter(({ only }) => only !== 'plain')) {
      it(scenario.name, async () => {
        const expected = await onNode(scenario, true);
        expect(await onOurs(select!, scenario, 'tls option'), 'with the option tls').toEqual(expected);
        expect(await onOurs(poll!, scenario, 'https server'), 'with a server of node:https').toEqual(expected);
      });
    }
  });
}

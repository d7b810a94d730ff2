/** `http.Server.listen` against `serveHttp`: the whole table over TCP, each scenario on another selector. */

import { describe, it } from 'vitest';

import { hostedLoops } from '../../support/every-loop.js';
import { Comparison } from './compare.js';
import { subjects } from './scenarios/index.js';
import { onNode, onOurs } from './sides.js';

for (const [subject, scenarios] of Object.entries(subjects)) {
  const played = scenarios.filter(({ only }) => only !== 'secure');
  describe.runIf(played.length > 0)(`serveHttp, as http.Server.listen (${subject})`, () => {
    played.forEach((scenario, i) => {
      const kind = hostedLoops[i % hostedLoops.length]!;
      it(scenario.name, async () => {
        const node = new Comparison(scenario, (variant) => onNode(variant, false));
        await node.with((variant) => onOurs(kind, variant, null), kind.name);
      });
    });
  });
}

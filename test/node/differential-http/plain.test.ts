/** `http.Server.listen` against `serveHttp`: the whole table over TCP, on each selector. */

import { describe, it } from 'vitest';

import { hostedLoops } from '../../support/every-loop.js';
import { Comparison } from './compare.js';
import { subjects } from './scenarios/index.js';
import { onNode, onOurs } from './sides.js';

for (const [subject, scenarios] of Object.entries(subjects)) {
  const played = scenarios.filter(({ only }) => only !== 'secure');
  describe.runIf(played.length > 0)(`serveHttp, as http.Server.listen (${subject})`, () => {
    for (const scenario of played) {
      it(scenario.name, async () => {
        const node = new Comparison(scenario, (played) => onNode(played, false));
        for (const kind of hostedLoops) await node.with((played) => onOurs(kind, played, null), kind.name);
      });
    }
  });
}

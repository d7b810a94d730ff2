/** `http.Server.listen` against `serveHttp`: the whole table over TCP, on each selector. */

import { describe, expect, it } from 'vitest';

import { hostedLoops } from '../../support/every-loop.js';
import { subjects } from './scenarios/index.js';
import { onNode, onOurs } from './sides.js';

for (const [subject, scenarios] of Object.entries(subjects)) {
  const played = scenarios.filter(({ only }) => only !== 'secure');
  describe.runIf(played.length > 0)(`serveHttp, as http.Server.listen (${subject})`, () => {
    for (const scenario of played) {
      it(scenario.name, async () => {
        const expected = await onNode(scenario, false);
        for (const kind of hostedLoops) expect(await onOurs(kind, scenario, null), kind.name).toEqual(expected);
      });
    }
  });
}

/** Five thousand tasks that sleep: what the tables and the tree of timers show of a crowd. */

import { createTask, gather, run, sleep } from 'selectloop';

async function nap(ms) {
  await sleep(ms);
}

await run(async function main() {
  const naps = Array.from({ length: 5000 }, (_, i) =>
    createTask(() => nap(20 + ((i * 37) % 400)), { name: `nap-${i + 1}` }),
  );
  await gather(naps);
});

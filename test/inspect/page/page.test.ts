/** The page in Chromium: the player, and the page of a running loop. They share one browser, hence one file. */

import { useChromium } from './browser.js';

useChromium();

await import('./player.cases.js');
await import('./source.cases.js');
await import('./live.cases.js');

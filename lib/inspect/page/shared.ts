/**
 * What the live page takes from the script of the player, which it contains: scripts/build-page.mjs builds lib/inspect/page/live without
 * it, and fails if something is missing here.
 */

export { Fragment, h, render } from 'preact';
export { useEffect, useMemo, useRef, useState } from 'preact/hooks';
export { count, duration, plural } from './format.js';
export { Player } from './player.js';
export { logOf, placeOf } from './stop.js';
export { Timeline } from './timeline.js';
export { Page } from './views/context.js';
export { Guide } from './views/guide.js';
export { Icon } from './views/icons.js';
export { useKeys } from './views/keys.js';
export { LoopView } from './views/loop.js';
export { Panel } from './views/panel.js';
export { Filter } from './views/table.js';
export { tell } from './words.js';

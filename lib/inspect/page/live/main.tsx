/** The entry point of the live page: shows the loop of the viewer that has served it. The script of the player runs before it. */

import { render } from 'preact';

import { Live } from './live.js';

render(<Live />, document.getElementById('page')!);

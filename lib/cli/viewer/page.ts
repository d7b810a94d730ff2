/** The page of a running loop: that of the player, with the script and the style of the live views. */

import { createHash } from 'node:crypto';

import { readPackageFile } from '../../loop/package-file.js';

/** Returns the page. scripts/build-page.mjs documents its parts. @throws Error if they have not been built */
export function livePage(): string {
  const [page, script, style] = ['page.html', 'live.js', 'live.css'].map(part) as [string, string, string];
  // The policy allows what the page contains, by its hash.
  return page
    .replace('script-src ', `script-src ${hashOf(script)} `)
    .replace('style-src ', `style-src ${hashOf(style)} `)
    .replace('</head>', () => `<style>${style}</style></head>`)
    .replace(/<\/body>(?!.*<\/body>)/s, () => `<script>${script}</script></body>`);
}

function part(name: string): string {
  const file = `dist/inspect/${name}`;
  try {
    return readPackageFile(file);
  } catch {
    throw new Error(`expected the page in ${file}, got none: build it with "npm run build:ts"`);
  }
}

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** The players of the programs that the course runs: pages that show their loops, stop by stop. */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { posix } from 'node:path';

import { PAGES, ROOT } from './places.mjs';

const COURSE = 'docs/course/README.md';
const COMMAND = /^npm run example (\S+)/m;

/** Records the programs of the course that have a loop, and copies their players. Their guide is that of the site. */
export function writePlayers() {
  const names = [...readFileSync(ROOT + COURSE, 'utf8').matchAll(/^npm run example (\S+)/gm)].map(([, name]) => name);
  const { status } = spawnSync('npm', ['run', '--silent', 'course', '--', ...names], { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) throw new Error(`expected npm run course to end with 0, got ${status}`);
  for (const name of names.filter((each) => existsSync(`${ROOT}.course/${each}.html`))) {
    const guide = posix.relative(posix.dirname(`players/${name}`), 'guide/the-loop.html');
    const file = `${PAGES}public/players/${name}.html`;
    mkdirSync(posix.dirname(file), { recursive: true });
    const html = readFileSync(`${ROOT}.course/${name}.html`, 'utf8');
    writeFileSync(file, html.replace('<html lang="en">', `<html lang="en" data-guide="${guide}">`));
  }
}

/** A plug-in of markdown-it: below the command that runs a program, a link to its player. */
export function linkPlayers(md, base) {
  const { fence } = md.renderer.rules;
  md.renderer.rules.fence = (tokens, index, ...rest) => {
    const html = fence(tokens, index, ...rest);
    const [, name] = COMMAND.exec(tokens[index].content) ?? [];
    if (name === undefined || !existsSync(`${PAGES}public/players/${name}.html`)) return html;
    return `${html}<p><a href="${base}players/${name}.html" target="_self">See its loop, stop by stop</a></p>`;
  };
}

/** The players of the programs that the course runs: pages that show their loops, stop by stop. */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { posix } from 'node:path';

import { PAGES, ROOT } from './places.mjs';

/** The documents whose programs are recorded: the course, and those about the loops that the examples build themselves. */
const DOCUMENTS = ['docs/course/README.md', ...['steps', 'tiny', 'traps'].map((name) => `examples/${name}/README.md`)];
const COMMAND = /^(?:\$ )?npm run example (\S+)/m;

/** Programs that need others, or block. */
const LEFT_OUT = /^tiny\/net\/|^traps\/(blaster|echobad)$/;

/** Records the programs of these documents that have a loop, and copies their players. Their guide is that of the site. */
export function writePlayers() {
  const text = DOCUMENTS.map((document) => readFileSync(ROOT + document, 'utf8')).join('\n');
  const found = [...text.matchAll(new RegExp(COMMAND, 'gm'))].map(([, name]) => name);
  const names = [...new Set(found)].filter((name) => !LEFT_OUT.test(name));
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

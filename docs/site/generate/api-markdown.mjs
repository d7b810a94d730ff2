/** Finishes the Markdown that TypeDoc's plug-in writes. */

import { anchorOf } from './links.mjs';

/** Constants differ only in name and meaning: a table shows as much as an entry for each. */
export function tabulate(text) {
  const [head, ...entries] = text.split(/^### /m);
  const rows = entries.map((entry) => {
    const [, name, anchor] = /^(.*) \{#(.*)\}$/m.exec(entry);
    const [, source, meaning] = /^Defined in: \[.*\]\((.*)\)\n([^]*)$/m.exec(entry);
    const cell = meaning
      .replace(/\*\*\*\s*$/, '')
      .trim()
      .replaceAll(/\s+/g, ' ');
    return `| <a id="${anchor}"></a>[${name}](${source}) | ${cell} |`;
  });
  return [head.replace(/^## .*\n/m, '').trimEnd(), '', '| Name | Meaning |', '| --- | --- |', ...rows, ''].join('\n');
}

/** Gives every heading an anchor: those of TypeDoc's own headings, such as "Parameters", must not take one that an export needs. */
function nameHeadings(text, constructors) {
  const used = new Set([...text.matchAll(/ \{#(\S+)\}$/gm)].map(([, anchor]) => anchor));
  let owner = 'page';
  let isCode = false;
  const anchored = text.split('\n').map((line) => {
    if (line.startsWith('```')) isCode = !isCode;
    if (isCode || !/^#+ /.test(line)) return line;
    const named = / \{#(\S+)\}$/.exec(line)?.[1];
    if (named !== undefined) {
      owner = named;
      return line;
    }
    const words = anchorOf(line.replace(/^#+/, ''));
    const anchor = line.startsWith('# ') ? 'page' : `${owner}-${words}`;
    let unique = (words === 'constructor' && constructors.get(owner)) || anchor;
    for (let count = 1; used.has(unique); count += 1) unique = `${anchor}-${count}`;
    used.add(unique);
    return `${line} {#${unique}}`;
  });
  return anchored.join('\n');
}

/**
 * Returns a page of the reference as VitePress is to read it.
 * @param {string} text
 * @param {{ outline: string, constructors: ReadonlyMap<string, string> }} options
 */
export function finishPage(text, { outline, constructors }) {
  const head = ['pageClass: api', `outline: ${outline}`, "titleTemplate: ':title, API | selectloop'"];
  const body = nameHeadings(text, constructors).replaceAll(/^Defined in: (\[.*\]\(.*\))$/gm, '$1{.defined-in}');
  return `---\n${head.join('\n')}\n---\n\n${body}`;
}

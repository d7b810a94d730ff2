/**
 * Makes the declarations of the package: in place of one file for each source, one for each entry point and some that these share, with only
 * what an entry point reaches. A fifth of the package would otherwise be comments on declarations that no user sees.
 */

import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';
import ts from 'typescript';

/** An entry point that only does something has no types. And a base class that entry points share need not be exported. */
const EXPECTED_WARNING = /^Generated an empty chunk|still references private shared type exports/;

/** Returns declarations without comments that no editor shows: those on private members, and those on files. */
function withoutHiddenComments(text) {
  const file = ts.createSourceFile('index.d.ts', text, ts.ScriptTarget.Latest, true);
  let kept = '';
  let at = 0;
  const visit = (node) => {
    const comments = node.jsDoc ?? [];
    const hidden = ts.isClassElement(node) && (ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Private) !== 0;
    const shown = hidden ? undefined : comments.at(-1);
    if (comments.length > 0 && comments[0] !== shown) {
      kept += text.slice(at, comments[0].pos);
      at = shown?.pos ?? node.getStart(file);
    }
    node.forEachChild(visit);
  };
  visit(file);
  return kept + text.slice(at);
}

/** Replaces the declarations in `dist/`. @param names of the entry points, such as `testing/index` */
export async function bundleDeclarations(names) {
  const bundle = await rollup({
    input: Object.fromEntries(names.map((name) => [name, join('dist', `${name}.d.ts`)])),
    plugins: [dts()],
    external: (id) => !/^[./]/.test(id),
    onwarn({ message }) {
      if (!EXPECTED_WARNING.test(message.replace(/^\[plugin dts\] (Entry "[^"]*" )?/, ''))) throw new Error(message);
    },
  });
  const { output } = await bundle.generate({ entryFileNames: '[name].d.ts', chunkFileNames: 'shared/[name].ts' });
  for (const file of readdirSync('dist', { recursive: true })) {
    if (file.endsWith('.d.ts')) rmSync(join('dist', file));
  }
  for (const { fileName, code } of output) writeFileSync(join('dist', fileName), withoutHiddenComments(code));
  removeEmptyFolders('dist');
}

function removeEmptyFolders(folder) {
  for (const { name } of readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
    removeEmptyFolders(join(folder, name));
  }
  if (readdirSync(folder).length === 0) rmSync(folder, { recursive: true });
}

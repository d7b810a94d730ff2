/** The examples as JavaScript. Loading tsx takes longer than most of the programs run, so the tests start compiled copies. */

import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type * as TypeScriptModule from 'typescript';

type TypeScript = typeof TypeScriptModule;

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** In the package, so that `import 'selectloop'` finds `dist/`; beside `examples`, so that relative paths stay the same; ignored by git. */
const COMPILED = 'build-examples';

let upToDate = false;

/** Compiles the examples that have changed; returns the compiled file of a program such as `tiny/flow`, a path from the root. */
export function compiledExample(name: string): string {
  if (!upToDate) {
    const sources = readdirSync(join(ROOT, 'examples'), { recursive: true, encoding: 'utf8' });
    const changed = sources.filter((path) => path.endsWith('.ts') && isStale(path));
    if (changed.length > 0) compile(changed);
    upToDate = true;
  }
  return outputOf(`${name}.ts`);
}

const outputOf = (path: string): string => `${COMPILED}/${path.replace(/\.ts$/, '.js')}`;

function isStale(path: string): boolean {
  const output = join(ROOT, outputOf(path));
  return !existsSync(output) || statSync(output).mtimeMs < statSync(join(ROOT, 'examples', path)).mtimeMs;
}

function compile(paths: readonly string[]): void {
  const ts = createRequire(import.meta.url)('typescript') as TypeScript;
  // `using` is compiled away: Node 20 has no such syntax.
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  for (const path of paths) {
    const source = readFileSync(join(ROOT, 'examples', path), 'utf8');
    const output = join(ROOT, outputOf(path));
    mkdirSync(dirname(output), { recursive: true });
    // Another worker may be compiling the same file, so a file appears as a whole.
    const temporary = `${output}.${process.pid}`;
    writeFileSync(temporary, ts.transpileModule(source, { compilerOptions }).outputText);
    renameSync(temporary, output);
  }
}

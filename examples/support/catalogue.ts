/**
 * The list of example programs.
 *
 * A program is a TypeScript file in `examples/` that begins with three `//` lines about what it shows; the list that `npm run examples`
 * and `selectloop example` print has the first of them. Modules that programs share begin with a doc comment instead, as this one does.
 */

import { readFileSync, readdirSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import { closestMatch } from 'leven';

const EXAMPLES = fileURLToPath(new URL('..', import.meta.url));
/** `.ts` in the checkout. The package has the same files as `.js`. */
const EXTENSION = extname(import.meta.url);

/** One program. */
export interface Program {
  /** Its path in `examples/` without the extension, such as `tiny/net/select-echo`. */
  readonly name: string;
  readonly file: string;
  /** The comment lines at the top of the file, without the slashes. */
  readonly header: readonly string[];
}

/** The name matches no program, or several. The message says what to type instead. */
export class UnknownProgram extends Error {
  override readonly name = 'UnknownProgram';
}

/** Returns every program, sorted by folder and name. */
export function programs(): Program[] {
  const files = readdirSync(EXAMPLES, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(EXTENSION))
    .filter((entry) => !entry.parentPath.includes('/_virtual')) // the bundler's helpers, in the package
    .map((entry) => join(entry.parentPath, entry.name));
  return files
    .map((file) => ({ name: withoutExtension(relative(EXAMPLES, file)), file, header: headerOf(file) }))
    .filter(({ header }) => header.length > 0)
    .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
}

function withoutExtension(path: string): string {
  return path.replace(/\.[jt]s$/, '');
}

function headerOf(file: string): string[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  const end = lines.findIndex((line) => !line.startsWith('//'));
  return lines.slice(0, end).map((line) => line.replace(/^\/\/ ?/, ''));
}

/** Finds a program by its full name, or by the last part if that is unambiguous (`flow` for `tiny/flow`). */
export function programNamed(name: string, all: readonly Program[] = programs()): Program {
  const wanted = withoutExtension(name.replace(/^examples\//, ''));
  const exact = all.find((program) => program.name === wanted);
  if (exact !== undefined) return exact;
  const ending = all.filter((program) => program.name.endsWith(`/${wanted}`));
  if (ending.length === 1) return ending[0]!;
  const names = ending.map((program) => program.name);
  throw new UnknownProgram(
    names.length > 1
      ? `"${name}" matches several names: ${names.join(', ')}`
      : `there is no example "${name}"; did you mean "${nearest(wanted, all)}"?`,
  );
}

/** Returns the name that resembles a misspelt one most. A name without a folder is compared with last parts only. */
function nearest(wanted: string, all: readonly Program[]): string {
  const spelling = ({ name }: Program): string => (wanted.includes('/') ? name : lastPart(name));
  const best = closestMatch(wanted, all.map(spelling));
  return all.find((program) => spelling(program) === best)?.name ?? '';
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

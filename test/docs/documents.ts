/**
 * The documents and their code blocks. CONTRIBUTING.md ("Documents") states the rules for writers; this module reads the blocks.
 *
 * Every fence has a language, and every language a rule (see `Block`). Indented code blocks are refused: without a language they
 * would not be checked.
 */

import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A fenced block. */
export interface Block {
  readonly document: string;
  /** The line of the opening fence. */
  readonly line: number;
  readonly language: string;
  /** The words after the language: `file=tally.ts`, `server`, `exit=1`, `NAME=value`. */
  readonly words: readonly string[];
  readonly text: string;
  /** The next `text` block of the same section: the program's output. */
  readonly output: string | null;
}

export interface Document {
  /** The path from the root of the repository. */
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly Block[];
}

const LANGUAGES = new Set(['js', 'ts', 'text', 'sh', 'console', 'diagram']);
const FENCE = /^```(.*)$/;
const HEADING = /^#+ /;

/** The words that a program's fence may have. */
const WORDS = /^(file=[\w.-]+|server|exit=\d+|[A-Z_]+=\S*)$/;

/** The value of a word like `file=tally.ts`. */
export function valueOf(block: Block, key: string): string | null {
  return block.words.find((word) => word.startsWith(`${key}=`))?.slice(key.length + 1) ?? null;
}

/** "docs/guide/timeouts.md:12", for the names of tests and for messages. */
export function placeOf(block: Pick<Block, 'document' | 'line'>): string {
  return `${block.document}:${block.line}`;
}

/** True for a block that is run on its own. */
export function isProgram(block: Block): boolean {
  return (block.language === 'js' || block.language === 'ts') && valueOf(block, 'file') === null;
}

/** Reads the blocks of a document. Throws an Error with the place of a block that no rule covers. */
export function parseDocument(path: string, text: string): Document {
  const blocks: Block[] = [];
  const lines = text.split('\n');
  /** The last block, as long as no heading has followed it. */
  let before: number | null = null;
  for (let at = 0; at < lines.length; at += 1) {
    const place = { document: path, line: at + 1 };
    const line = lines[at]!;
    if (HEADING.test(line)) before = null;
    if (/^ {4}\S/.test(line) && lines[at - 1] === '')
      throw new Error(`${placeOf(place)}: an indented code block; use a fence with a language`);
    const info = FENCE.exec(line)?.[1];
    if (info === undefined) continue;
    const end = lines.indexOf('```', at + 1);
    if (end < 0) throw new Error(`${placeOf(place)}: the fence is not closed`);
    const [language = '', ...words] = info.split(' ');
    const block = { ...place, language, words, text: `${lines.slice(at + 1, end).join('\n')}\n`, output: null };
    check(block);
    const program = before === null ? undefined : blocks[before];
    if (language === 'text' && program !== undefined && isProgram(program))
      blocks[before!] = { ...program, output: block.text };
    before = blocks.push(block) - 1;
    at = end;
  }
  return { path, text, blocks };
}

function check(block: Block): void {
  if (!LANGUAGES.has(block.language))
    throw new Error(`${placeOf(block)}: expected one of ${[...LANGUAGES].join(', ')}, got '${block.language}'`);
  const allowed = block.language === 'js' || block.language === 'ts' ? WORDS : /^$/;
  const wrong = block.words.find((word) => !allowed.test(word));
  if (wrong !== undefined) throw new Error(`${placeOf(block)}: the rules of documents know no '${wrong}' here`);
}

/** All documents. */
export function readDocuments(): Document[] {
  const inDocs = readdirSync(`${ROOT}docs`, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.md') && !name.includes('node_modules/'),
  );
  const paths = ['README.md', 'CONTRIBUTING.md', ...inDocs.sort().map((name) => `docs/${name}`)];
  return paths.map((path) => parseDocument(path, readFileSync(`${ROOT}${path}`, 'utf8')));
}

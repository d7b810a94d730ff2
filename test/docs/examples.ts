/**
 * The `@example` programs in the TSDoc of lib/. Each is a whole module that ends by itself. A comment after each `console.log` says what it
 * prints; CONTRIBUTING.md ("Documents") has the rules.
 */

import { readFileSync, readdirSync } from 'node:fs';

import { ROOT } from './documents.js';

/** The exports that a new user meets first. Each of them has an example. */
export const MAIN_EXPORTS: readonly string[] = [
  ...['run', 'runSync', 'createTask', 'Future', 'ContextVar', 'toThread', 'createSubprocess'],
  ...['sleep', 'gather', 'wait', 'waitFor', 'asCompleted', 'timeout', 'moveOnAfter', 'shield', 'taskGroup'],
  ...['Queue', 'Lock', 'Event', 'Semaphore', 'Condition', 'Barrier'],
  ...['openConnection', 'startServer', 'StreamReader', 'StreamWriter', 'createConnection', 'createServer'],
  ...['Socket', 'sockAccept', 'sockConnect', 'sockRecv', 'sockSendAll', 'getaddrinfo', 'Selector'],
  ...['serveHttp', 'toDuplex', 'memoryPair', 'virtualLoop', 'traceRun'],
];

/** An example. */
export interface Example {
  /** The export that it belongs to. */
  readonly name: string;
  readonly text: string;
  /** The lines that it prints. */
  readonly output: readonly string[];
}

const COMMENT = /\/\*\*\n((?: *\*.*\n)+?) *\*\/\n(.*)/g;
const DECLARATION = /^export (?:abstract |async )?(?:class|function|const|interface) (\w+)/;

/** Returns the example in a comment; null if there is none. */
export function exampleIn(path: string, comment: string, declaration: string): Example | null {
  const lines = comment.split('\n').map((line) => line.replace(/^ *\* ?/, ''));
  const start = lines.indexOf('@example');
  if (start < 0) return null;
  const name = DECLARATION.exec(declaration)?.[1];
  if (name === undefined) throw new Error(`${path}: expected an export below the @example, got ${declaration}`);
  const text = lines.slice(start + 1).join('\n');
  const shown = [...text.matchAll(/console\.log\(.*\).* \/\/ (.*)/g)].map(([, output = '']) => output);
  if (shown.length === 0) throw new Error(`${path}: the example of ${name} does not show what it prints`);
  return { name, text, output: shown.flatMap((line) => line.split(', then ')) };
}

/** Returns all examples. */
export function readExamples(): Example[] {
  const files = readdirSync(`${ROOT}lib`, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  return files.flatMap((file) => {
    const comments = readFileSync(`${ROOT}lib/${file}`, 'utf8').matchAll(COMMENT);
    return [...comments].flatMap(([, comment = '', declaration = '']) => exampleIn(file, comment, declaration) ?? []);
  });
}

/**
 * Every export has a comment at its declaration, where an editor and a reader of the code find it. The examples in these comments are
 * programs: they have no type errors, print what their comments say, and end by themselves.
 */

import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Ending, startFile } from '../support/child-program.js';
import { ROOT } from './documents.js';
import { MAIN_EXPORTS, exampleIn, readExamples } from './examples.js';

const entries = ['', 'selectors/', 'sockets/', 'node/', 'testing/', 'trace/', 'simulation/']
  .map((folder) => join(ROOT, 'build-types', folder, 'index.d.ts'))
  .filter((file) => existsSync(file));
const examples = readExamples();
/** A folder with this package in its node_modules, as the project of a user. */
const folder = mkdtempSync(join(tmpdir(), 'selectloop-tsdoc-'));
/** The compiler's declarations of the library, which take half the time of its sources, and the examples, in one program. */
let program: ts.Program;
const sourceOf = (name: string): string => join(folder, `${name}.ts`);

beforeAll(() => {
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(ROOT, join(folder, 'node_modules/selectloop'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  for (const { name, text } of examples) writeFileSync(sourceOf(name), text);
  program = ts.createProgram([...entries, ...examples.map(({ name }) => sourceOf(name))], {
    target: ts.ScriptTarget.ES2022, // `using` is compiled away: Node 20 has no such syntax
    lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    paths: {
      selectloop: [join(ROOT, 'build-types/index.d.ts')],
      'selectloop/*': [join(ROOT, 'build-types/*/index.d.ts')],
    },
    typeRoots: [join(ROOT, 'node_modules/@types')],
    types: ['node'],
    strict: true,
    skipLibCheck: true,
  });
});

afterAll(() => rmSync(folder, { recursive: true }));

/** Members that every object has, or that a protocol of the language defines. */
const explainsItself = /^(toString|constructor|__.*)$/;

function isPublicMethod(member: ts.Symbol): boolean {
  const [declaration] = member.declarations ?? [];
  if (declaration === undefined || explainsItself.test(member.name) || member.name.startsWith('_')) return false;
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected | ts.ModifierFlags.Override;
  if ((ts.getCombinedModifierFlags(declaration) & hidden) !== 0) return false;
  if (!ts.isMethodDeclaration(declaration) && !ts.isMethodSignature(declaration)) return false;
  return !ts.isPrivateIdentifier(declaration.name);
}

/** The exported names, and the methods of exported classes and interfaces, that have no comment. */
function unexplained(): { checked: number; names: string[] } {
  const checker = program.getTypeChecker();
  const names: string[] = [];
  const seen = new Set<ts.Symbol>();
  const explained = (symbol: ts.Symbol): boolean =>
    symbol.getDocumentationComment(checker).length > 0 || symbol.getJsDocTags(checker).length > 0;
  for (const entry of entries) {
    const source = program.getSourceFile(entry);
    const module = source && checker.getSymbolAtLocation(source);
    for (const name of module ? checker.getExportsOfModule(module) : []) {
      const symbol = (name.flags & ts.SymbolFlags.Alias) !== 0 ? checker.getAliasedSymbol(name) : name;
      if (seen.has(symbol)) continue;
      seen.add(symbol);
      if (!explained(symbol)) names.push(symbol.name);
      for (const member of symbol.members?.values() ?? []) {
        if (!isPublicMethod(member)) continue;
        seen.add(member);
        if (!explained(member)) names.push(`${symbol.name}.${member.name}`);
      }
    }
  }
  return { checked: seen.size, names };
}

it('every exported name and every public method has a comment that explains it', () => {
  const { checked, names } = unexplained();
  expect(checked).toBeGreaterThan(400);
  expect(names).toEqual([]);
});

/** Runs the modules named in its arguments, one after the other, and prints what each of them printed or threw. */
const RUNNER = `
import { format } from 'node:util';
const printed = {};
for (const name of process.argv.slice(2)) {
  const lines = (printed[name] = []);
  console.log = (...values) => lines.push(format(...values));
  await import('./' + name + '.js').catch((error) => lines.push(error.stack));
}
process.stdout.write(JSON.stringify(printed));
`;

describe('the @example', () => {
  let ending: Ending;
  let printed: Readonly<Record<string, readonly string[]>>;

  beforeAll(async () => {
    for (const { name } of examples) program.emit(program.getSourceFile(sourceOf(name)));
    writeFileSync(join(folder, 'runner.js'), RUNNER);
    const names = examples.map(({ name }) => name);
    ending = await startFile(join(folder, 'runner.js'), names, { cwd: folder }).ended;
    printed = ending.code === 0 ? (JSON.parse(ending.stdout) as typeof printed) : {};
  });

  it('of every main export is there', () => {
    const names = examples.map(({ name }) => name);
    expect(MAIN_EXPORTS.filter((name) => !names.includes(name))).toEqual([]);
  });

  it.each(examples)('of $name has no type errors', ({ name }) => {
    const source = program.getSourceFile(sourceOf(name));
    const diagnostics = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    expect(diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([]);
  });

  it.each(examples)('of $name prints what its comments say', ({ name, output }) => {
    expect(printed[name]).toEqual(output);
  });

  it('of each export leaves nothing that keeps the process alive, and causes no warning', () => {
    expect({ ...ending, stdout: '' }).toEqual({ code: 0, signal: null, stdout: '', stderr: '' });
  });
});

describe('the rules of examples', () => {
  const comment =
    " * Adds.\n *\n * @example\n * import { add } from 'x';\n *\n * console.log(add(1, 2)); // 3, then 4\n";

  it('take the text from @example on, and the comments after console.log', () => {
    const text = "import { add } from 'x';\n\nconsole.log(add(1, 2)); // 3, then 4\n";
    const example = { name: 'add', text, output: ['3', '4'] };
    expect(exampleIn('x.ts', comment, 'export function add(): void {')).toEqual(example);
    expect(exampleIn('x.ts', ' * Adds.\n', 'export function add(): void {')).toBeNull();
  });

  it('refuse an example that prints nothing, or that does not belong to an export', () => {
    expect(() => exampleIn('x.ts', comment, '  add(): void {')).toThrow('expected an export below the @example');
    const silent = comment.replace(' // 3, then 4', '');
    expect(() => exampleIn('x.ts', silent, 'export class Add {')).toThrow('does not show what it prints');
  });
});

/**
 * Compiles the TypeScript of all documents in one go, against the declarations in `dist/`: the types a user sees.
 *
 * The sources exist only in memory, in a folder that appears to be in the repository, so that `import 'selectloop'` resolves
 * to this package by its own name.
 */

import ts from 'typescript';

import { ROOT } from './documents.js';

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022, // `using` is compiled away: Node 20 has no such syntax
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: ['node'],
  strict: true,
  skipLibCheck: true,
};

/** The results of the compilation. */
export interface Compiled {
  /** Name to JavaScript. */
  readonly programs: ReadonlyMap<string, string>;
  /** Name to its errors. */
  readonly errors: ReadonlyMap<string, readonly string[]>;
}

/** @param sources name to text; a name like `guide/a/12.ts` becomes the program `guide/a/12.js` */
export function compile(sources: ReadonlyMap<string, string>): Compiled {
  const folder = `${ROOT}docs-in-memory/`;
  const files = new Map([...sources].map(([name, text]) => [folder + name, text]));
  const disk = ts.createCompilerHost(OPTIONS);
  const host: ts.CompilerHost = {
    ...disk,
    getCurrentDirectory: () => ROOT,
    directoryExists: (name) => `${name}/`.startsWith(folder) || ts.sys.directoryExists(name),
    fileExists: (name) => files.has(name) || disk.fileExists(name),
    readFile: (name) => files.get(name) ?? disk.readFile(name),
    getSourceFile: (name, ...rest) => {
      const text = files.get(name);
      return text === undefined ? disk.getSourceFile(name, ...rest) : ts.createSourceFile(name, text, rest[0]);
    },
  };
  const program = ts.createProgram([...files.keys()], OPTIONS, host);
  const errors = new Map<string, string[]>();
  for (const { file, start, messageText } of ts.getPreEmitDiagnostics(program)) {
    const name = file?.fileName.replace(folder, '') ?? '';
    const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start ?? 0).line + 1;
    const text = `line ${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
    errors.set(name, [...(errors.get(name) ?? []), text]);
  }
  const programs = new Map<string, string>();
  program.emit(undefined, (name, text) => programs.set(name.replace(folder, ''), text));
  return { programs, errors };
}

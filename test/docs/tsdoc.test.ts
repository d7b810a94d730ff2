/** Every export of the package has a comment at its declaration, for editors and for readers of the code. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import ts from 'typescript';
import { expect, it } from 'vitest';

import { ROOT } from './documents.js';

const entries = ['', 'selectors/', 'sockets/', 'node/', 'testing/', 'trace/']
  .map((folder) => join(ROOT, 'lib', folder, 'index.ts'))
  .filter((file) => existsSync(file));

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
  const program = ts.createProgram(entries, {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    skipLibCheck: true,
  });
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

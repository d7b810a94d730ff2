/** Bundles the library for web pages: a plug-in of rolldown, and its options. */

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const LIB = fileURLToPath(new URL('../lib', import.meta.url));

/**
 * What cannot exist in a page, or is of no use there: processes, threads, TLS, Node's streams, files, what the simulated kernel lacks (multicast,
 * control messages, TCP_INFO, vsock and netlink), stacks from the debugger, and the other formats of traces.
 */
const ABSENT =
  /^(?:(?:bridge|executor|subprocess|systemd(?!\/announce)|tls(?!\/tls-options)|workers)\/|trace\/(?:chrome-trace|html|text|version-1)\.ts$|(?:event-loop\/(?:open-door|uncaught-interrupt)|loop\/hosted|signals\/(?:die-of|watched-signal)|sockets\/(?:ancillary|groups|other-families|send-file|tcp-info)|sock\/file-copy|transports\/sendfile|tasks\/(?:call-graph|stack))\.ts$)/;

/** Returns the file in `lib/` that an import leads to, without the path of `lib/`; the name of a module of Node; or null. */
function targetOf(source, importer) {
  if (source.startsWith('node:')) return source;
  if (!/^\.{1,2}\/.*\.js$/.test(source)) return null;
  const file = resolve(dirname(importer), source.replace(/\.js$/, '.ts'));
  return file.startsWith(LIB) ? relative(LIB, file) : null;
}

/** Returns true for what a page lacks, if the importer is not itself a part of it. */
function isAbsent(target, importer) {
  if (target.startsWith('node:')) return true;
  const own = relative(LIB, importer);
  return ABSENT.test(target) && !(ABSENT.test(own) && dirname(own) === dirname(target));
}

/** Returns the names of the values that the library imports, by the module that it imports them from. */
function importedNames() {
  const names = new Map();
  for (const file of readdirSync(LIB, { recursive: true }).filter((each) => each.endsWith('.ts'))) {
    const importer = join(LIB, file);
    const text = readFileSync(importer, 'utf8');
    for (const [, list, source] of text.matchAll(/^(?:import|export) \{([^}]*)\} from '([^']+)';$/gm)) {
      const target = targetOf(source, importer);
      if (target === null) continue;
      const found = names.get(target) ?? new Set();
      for (const each of list.split(',').map((name) => name.trim().split(' as ')[0]))
        if (each !== '' && !each.startsWith('type ')) found.add(each);
      names.set(target, found);
    }
  }
  return names;
}

/**
 * A plug-in. A file that has a version for pages, `browser/NAME.ts` beside `NAME.ts`, is replaced by it. What cannot exist in a page is replaced by
 * functions that throw.
 */
export function forPages() {
  const names = importedNames().set('ieee754', ['read', 'write']);
  return {
    name: 'for-pages',
    resolveId(source, importer) {
      if (source === 'ieee754') return '\0absent:ieee754'; // the numbers with fractions of Buffer
      if (source === 'buffer/') return join(LIB, '../node_modules/buffer/index.js');
      if (importer === undefined) return null;
      const target = targetOf(source, importer);
      if (target === null) return null;
      if (isAbsent(target, importer)) return `\0absent:${target}`;
      const forPage = join(LIB, dirname(target), 'browser', basename(target));
      return importer !== forPage && existsSync(forPage) ? forPage : null;
    },
    load(id) {
      if (!id.startsWith('\0absent:')) return null;
      const lines = [...(names.get(id.slice('\0absent:'.length)) ?? [])].map(
        (name) => `export function ${name}() { throw new Error('${name}: expected Node, got a web page'); }`,
      );
      return { code: [...lines, 'export {};'].join('\n'), moduleType: 'js' };
    },
  };
}

/** Options of rolldown for code of the library that runs in a page. Names are kept: messages and traces show those of classes and functions. */
export const INPUT_FOR_PAGES = {
  platform: 'browser',
  tsconfig: false,
  transform: {
    target: 'es2022',
    typescript: { optimizeConstEnums: true, removeClassFieldsWithoutInitializer: true },
    assumptions: { setPublicClassFields: true },
    inject: {
      process: [join(LIB, 'platform/browser/process.ts'), 'process'],
      Buffer: [join(LIB, 'platform/browser/bytes.ts'), 'Buffer'],
    },
  },
  optimization: { inlineConst: { mode: 'all' } },
};

export const OUTPUT_FOR_PAGES = {
  format: 'iife',
  comments: false,
  minify: {
    mangle: { keepNames: true },
    compress: { keepNames: { class: true, function: true } },
  },
};

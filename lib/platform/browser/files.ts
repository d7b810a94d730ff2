/** Files, in a page: there are none. Their names can still be computed, as on Linux. */

/** Returns a function that throws, in place of one of `node:fs`. */
function absent(name: string): () => never {
  return () => {
    throw new Error(`${name}: expected Node, which has files, got a web page`);
  };
}

export const chmodSync = absent('chmod');
export const closeSync = absent('close');
export const fchmodSync = absent('fchmod');
export const fstatSync = absent('fstat');
export const linkSync = absent('link');
export const lstatSync = absent('lstat');
export const openSync = absent('open');
export const readFileSync = absent('open');
export const readSync = absent('read');
export const renameSync = absent('rename');
export const statSync = absent('stat');
export const unlinkSync = absent('unlink');
export const constants = {};

export const sep = '/';
export const isAbsolute = (path: string): boolean => path.startsWith('/');
export const join = (...parts: readonly string[]): string => parts.join('/');
export const resolve = (...parts: readonly string[]): string => {
  const last = parts.at(-1) ?? '';
  return isAbsolute(last) ? last : `/${last}`;
};
export const basename = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

// The engine names the scripts of a page by their URLs, or by the name in a sourceURL comment: these are the names of files here.
export const fileURLToPath = (url: string): string => url;
export const pathToFileURL = (path: string): { readonly href: string } => ({ href: path });

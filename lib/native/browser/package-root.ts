/**
 * The folder of the library's own code, in a page: its frames on a stack are told from those of the program by their names. As in the package, the
 * scripts are in its folder `dist`.
 */

declare const location: { readonly href: string };

/** An address without a closing slash. */
export const packageRoot: string = new URL('..', location.href).href.slice(0, -1);

/** There is no addon to be found. */
export const BUILT = '';
export const PREBUILT = '';

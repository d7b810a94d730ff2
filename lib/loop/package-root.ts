/** Where the files of the package are: for the inspector, which starts one of them as a thread. */

export { packageRoot } from '../native/package-root.js';

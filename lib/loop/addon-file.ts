/** Which addon is in use: for the command, which does not call the addon itself. */

export { addonFile } from '../native/binding.js';

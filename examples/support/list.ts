/** `npm run examples`: prints every program with the first line of its header. */

import { listing } from './listing.js';

console.log(listing((folder) => `${folder}  (examples/${folder}/README.md)`).join('\n'));
console.log('\nnpm run example NAME -- ARGUMENTS runs one');

/** The numbers and the names of the system's errors and signals. */

export { constants } from 'node:os';
export { getSystemErrorMap } from 'node:util';

/** Values as text, for messages; and what kind of object a value is. */

export { inspect, types } from 'node:util';

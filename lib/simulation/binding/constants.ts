/** The constants of Linux by their names in C. */

import { linuxConstants } from '../../platform/linux-constants.js';

/** All constants of the contract. */
export const constants: Readonly<Record<string, number>> = linuxConstants();

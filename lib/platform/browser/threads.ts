/** Which thread this is: in a page, the library runs in one only. */

export const isMainThread = true;

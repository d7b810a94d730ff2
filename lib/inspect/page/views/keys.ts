/** The keys of a page. */

import { useLayoutEffect, useRef } from 'preact/hooks';

/** Calls `handle` for each key that is pressed. From the first picture on: `useEffect` would lose what is pressed a moment later. */
export function useKeys(handle: (event: KeyboardEvent) => void): void {
  const latest = useRef(handle);
  latest.current = handle;
  useLayoutEffect(() => {
    const listener = (event: KeyboardEvent): void => latest.current(event);
    addEventListener('keydown', listener);
    return () => removeEventListener('keydown', listener);
  }, []);
}

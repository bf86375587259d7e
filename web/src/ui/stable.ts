// A function that is the same from one render to the next and does what the latest one does: what is given it as a prop is not
// rendered again because of it.
import { useCallback, useRef } from 'react';

export function useStable<A extends readonly unknown[], R>(latest: (...args: A) => R): (...args: A) => R {
  const kept = useRef(latest);
  kept.current = latest;
  return useCallback((...args: A) => kept.current(...args), []);
}

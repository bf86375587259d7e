// How large an element is on the screen, now and whenever that changes: the one place that observes sizes.
import { type RefObject, useEffect, useRef, useState } from 'react';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Tells the size at once and at each change, until the answer is called. */
export function watchSize(element: Element, tell: (size: Size) => void): () => void {
  const watch = new ResizeObserver(([entry]) => {
    const { width, height } = entry.contentRect;
    tell({ width, height });
  });
  watch.observe(element);
  return () => watch.disconnect();
}

/** @param first until the element is there; `tell` hears of every size, the first as well */
export function useSize(box: RefObject<Element | null>, first: Size, tell?: (size: Size) => void): Size {
  const [size, setSize] = useState(first);
  const told = useRef(tell);
  told.current = tell;
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    return watchSize(element, (now) => {
      setSize(now);
      told.current?.(now);
    });
  }, [box]);
  return size;
}

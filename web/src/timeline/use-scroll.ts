// How far down the lanes are scrolled: in the address as `top`, written when it rests, read when somebody else puts it there.
import { useEffect, useRef, useState } from 'react';
import { setQuery } from '../app/router.js';

const ADDRESS_MS = 200;

export function topOf(text: string | null): number {
  return /^\d{1,6}$/.test(text ?? '') ? Number(text) : 0;
}

/** @param asked `top` of the address */
export function useScroll(asked: string | null): readonly [number, (next: number) => void] {
  const [scroll, setScroll] = useState(() => topOf(asked));
  const written = useRef(asked);
  useEffect(() => {
    if (asked === written.current) return;
    written.current = asked;
    setScroll(topOf(asked));
  }, [asked]);
  useEffect(() => {
    const text = scroll < 1 ? null : String(Math.round(scroll));
    if (text === written.current) return;
    const timer = setTimeout(() => {
      written.current = text;
      setQuery({ top: text });
    }, ADDRESS_MS);
    return () => clearTimeout(timer);
  }, [scroll]);
  return [scroll, setScroll];
}

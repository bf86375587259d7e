// Addresses: every view is a URL. A path names the view, the query what is seen in it; both can be pasted elsewhere.
import { useMemo, useSyncExternalStore } from 'react';

export interface Place {
  readonly path: string;
  readonly query: URLSearchParams;
}

const listeners = new Set<() => void>();
const tell = (): void => {
  for (const listener of listeners) listener();
};

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener('popstate', listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener('popstate', listener);
  };
}

const href = (): string => location.pathname + location.search;

export function usePlace(): Place {
  const text = useSyncExternalStore(subscribe, href);
  return useMemo(() => {
    const url = new URL(text, location.origin);
    return { path: url.pathname, query: url.searchParams };
  }, [text]);
}

/** @param replace true: the browser's "back" does not come here, as for every step of a pan */
export function go(to: string, replace = false): void {
  if (to === href()) return;
  if (replace) history.replaceState(null, '', to);
  else history.pushState(null, '', to);
  tell();
}

export type QueryChange = { readonly [name: string]: string | number | null };

/** This address with some of its query changed; null takes a name out. */
export function withQuery(change: QueryChange): string {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(change)) {
    if (value === null || value === '') query.delete(name);
    else query.set(name, String(value));
  }
  // Readable addresses: a colon or a comma in a query needs no escaping.
  const text = query.toString().replaceAll('%3A', ':').replaceAll('%2C', ',');
  return location.pathname + (text === '' ? '' : `?${text}`);
}

export function setQuery(change: QueryChange, replace = true): void {
  go(withQuery(change), replace);
}

// Dark or light: what the person chose, else what the system prefers. The canvas reads the same tokens as the style sheet.
import { useSyncExternalStore } from 'react';

export type Theme = 'dark' | 'light';
const KEY = 'rootline.theme';
const listeners = new Set<() => void>();

function wanted(): Theme {
  const chosen = localStorage.getItem(KEY);
  if (chosen === 'dark' || chosen === 'light') return chosen;
  return matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark';
}

function apply(): void {
  document.documentElement.dataset['theme'] = wanted();
  for (const listener of listeners) listener();
}

export function startTheme(): void {
  apply();
  matchMedia('(prefers-color-scheme: light)').addEventListener('change', apply);
}

export function toggleTheme(): void {
  localStorage.setItem(KEY, wanted() === 'dark' ? 'light' : 'dark');
  apply();
}

export function useTheme(): Theme {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => (document.documentElement.dataset['theme'] === 'light' ? 'light' : 'dark'),
  );
}

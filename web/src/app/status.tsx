// The status line: whether the server is there, what the view has to say, and at its end the command that reproduces it.
import { useEffect, useState, useSyncExternalStore } from 'react';
import { useConnection } from '../live/watch.js';
import { keyText } from './key-sheet.js';

interface Status {
  readonly facts: readonly string[];
  /** Of `npx rootline`, without those two words. */
  readonly command: string;
  readonly keys: readonly (readonly [key: string, label: string])[];
}

const NOTHING: Status = { facts: [], command: '--help', keys: [] };
let current = NOTHING;
const listeners = new Set<() => void>();

function set(next: Status): void {
  current = next;
  for (const listener of listeners) listener();
}

/** What the line says while the view is shown. */
export function useStatus(status: Status): void {
  const text = JSON.stringify(status);
  useEffect(() => {
    set(JSON.parse(text) as Status);
    return () => set(NOTHING);
  }, [text]);
}

const LINK_WORDS = {
  open: 'Connected',
  opening: 'Connecting',
  lost: 'Offline, showing what was read',
} as const;

export function StatusLine() {
  const { facts, command, keys } = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
  const connection = useConnection();
  const [copied, setCopied] = useState(false);
  const full = `npx rootline ${command}`;
  const copy = () => {
    void navigator.clipboard.writeText(full).then(() => setCopied(true));
    setTimeout(() => setCopied(false), 1_500);
  };
  return (
    <footer className="status">
      <span role="status">
        <span className="dot" data-link={connection} />
        {LINK_WORDS[connection]}
      </span>
      {facts.map((fact) => (
        <span key={fact}>{fact}</span>
      ))}
      <span className="sp" />
      <span className="keys">
        {keys.map(([key, label]) => (
          <span key={key}>
            <kbd>{keyText(key)}</kbd> {label}
          </span>
        ))}
      </span>
      <button type="button" className="command m" title="Copy the command of this view" onClick={copy}>
        {copied ? 'copied' : full}
      </button>
    </footer>
  );
}

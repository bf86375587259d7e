// What a pane says when it has nothing to show yet: empty (with the way to fill it), an error (with what was expected and
// Retry), or that data is on its way. Data that is late shows as a flat wash; nothing spins.
import { type ReactNode, useEffect, useState } from 'react';
import { Offline, Refused } from '../api/ask.js';

export function EmptyState({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <div className="state">
      <h2>{title}</h2>
      {children}
    </div>
  );
}

export function ErrorState({ error, retry }: { readonly error: Error; readonly retry?: () => void }) {
  const text =
    error instanceof Refused && error.expected.length > 0
      ? `${error.message} (expected: ${error.expected.slice(0, 8).join(', ')})`
      : error.message;
  const title =
    error instanceof Offline
      ? 'The server does not answer'
      : error instanceof Refused && error.status === 404
        ? 'It is not there'
        : 'That did not work';
  return (
    <div className="state" role="alert">
      <h2 className="bad">✕ {title}</h2>
      <p className="t2">{text}</p>
      <p>
        {retry !== undefined && (
          <button type="button" className="btn" onClick={retry}>
            Retry
          </button>
        )}{' '}
        <button type="button" className="btn g" onClick={() => void navigator.clipboard.writeText(text)}>
          Copy
        </button>
      </p>
    </div>
  );
}

const QUIET_MS = 300;

/** Nothing at first; words when it takes longer. */
export function Loading({ what }: { readonly what: string }) {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), QUIET_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className="state t3" aria-busy="true">
      {late ? `Reading ${what} …` : ' '}
    </div>
  );
}

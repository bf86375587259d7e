// Where the server asks for a token: it is kept for this tab only, sent as a header, never in an address.
import { type FormEvent, useState, useSyncExternalStore } from 'react';

const KEY = 'rootline.token';
interface TokenState {
  readonly token: string | null;
  readonly needed: boolean;
}
let state: TokenState = { token: sessionStorage.getItem(KEY), needed: false };
const listeners = new Set<() => void>();

function set(next: TokenState): void {
  state = next;
  for (const listener of listeners) listener();
}

export const currentToken = (): string | null => state.token;

/** The server has refused a request for want of a token. */
export function tokenNeeded(): void {
  if (!state.needed) set({ ...state, needed: true });
}

export function useToken(): TokenState {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => state,
  );
}

export function LoginNeeded() {
  const [text, setText] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    sessionStorage.setItem(KEY, text.trim());
    set({ token: text.trim(), needed: false });
  };
  return (
    <form className="state" onSubmit={submit}>
      <h2>This server asks for a token</h2>
      <p className="t2">It is kept for this tab and sent as a header. A read token is enough to look.</p>
      <label>
        Token{' '}
        <input
          className="in"
          type="password"
          value={text}
          onChange={(event) => setText(event.target.value)}
          autoComplete="off"
        />
      </label>
      <button type="submit" className="btn p" disabled={text.trim() === ''}>
        Go on
      </button>
    </form>
  );
}

// The one feed of the page: state, position and progress of every session, as the server commits. Who shows a session reads
// what it needs when its position moves. A lost connection is made anew by the client; meanwhile the page says so.
import { useEffect, useSyncExternalStore } from 'react';
import {
  LiveError,
  RootlineClient,
  type SessionChanges,
  type SocketConstructor,
} from '../../../src/client/index.js';
import { currentToken } from '../api/token.js';

export type Change = SessionChanges['changes'][number];
export type Connection = 'opening' | 'open' | 'lost';
export interface Changed {
  readonly changes: readonly Change[];
  readonly removed: readonly string[];
  /** Something may have been missed: read the list. */
  readonly overflow: boolean;
}

/** Until the first connection: the client itself tries again only where it has been connected once. */
const FIRST_RETRY_MS = 1_000;

let connection: Connection = 'opening';
const connectionListeners = new Set<() => void>();
const changeListeners = new Set<(changed: Changed) => void>();
const reconnectListeners = new Set<() => void>();
const latest = new Map<string, Change>();

function setConnection(next: Connection): void {
  if (connection === next) return;
  const back = connection === 'lost' && next === 'open';
  connection = next;
  for (const listener of connectionListeners) listener();
  if (back) for (const listener of reconnectListeners) listener();
}

/** Answers how to end it. */
export function startWatching(): () => void {
  const abort = new AbortController();
  void watch(abort.signal);
  return () => abort.abort();
}

async function watch(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const token = currentToken();
    const client = new RootlineClient({
      url: location.origin,
      ...(token === null ? {} : { token }),
      webSocket: WebSocket as unknown as SocketConstructor,
    });
    try {
      for await (const changed of client.watch({ signal, onLost: () => setConnection('lost') })) {
        const still = connection === 'open';
        setConnection('open');
        take(changed);
        // Too much at once is as good as a lost connection: what was shown is read again.
        if (still && changed.overflow) for (const listener of reconnectListeners) listener();
      }
    } catch (error) {
      if (signal.aborted) return;
      setConnection('lost');
      // A token is asked for by the requests; all else that ends a feed may pass.
      if (!(error instanceof LiveError)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, FIRST_RETRY_MS));
  }
}

function take(changed: Changed): void {
  // What was told before may be old by now.
  if (changed.overflow) latest.clear();
  for (const change of changed.changes) latest.set(change.session, change);
  for (const id of changed.removed) latest.delete(id);
  for (const listener of changeListeners) listener(changed);
}

export function onChanges(listener: (changed: Changed) => void): () => void {
  changeListeners.add(listener);
  return () => changeListeners.delete(listener);
}

/** Tells that changes may have been missed: the connection is back, or too much came at once. */
export function onReconnect(listener: () => void): () => void {
  reconnectListeners.add(listener);
  return () => reconnectListeners.delete(listener);
}

export function useConnection(): Connection {
  return useSyncExternalStore(
    (listener) => {
      connectionListeners.add(listener);
      return () => connectionListeners.delete(listener);
    },
    () => connection,
  );
}

/** What was last told of one session; undefined until something is. */
export function useChange(id: string): Change | undefined {
  return useSyncExternalStore(
    (listener) =>
      onChanges(({ changes, removed, overflow }) => {
        if (overflow || removed.includes(id) || changes.some(({ session }) => session === id)) listener();
      }),
    () => latest.get(id),
  );
}

/** Calls back when the session is removed by somebody. */
export function useRemoved(id: string, removed: () => void): void {
  useEffect(
    () =>
      onChanges((changed) => {
        if (changed.removed.includes(id)) removed();
      }),
    [id, removed],
  );
}

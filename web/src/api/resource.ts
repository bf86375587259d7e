// Something the server has, read when its key is named. While the next one is read the one before stays on the screen:
// nothing jumps. A server that comes back is asked again by itself.
import { useCallback, useEffect, useRef, useState } from 'react';
import { onReconnect } from '../live/watch.js';
import { Offline } from './ask.js';

export interface Resource<T> {
  /** The last answer, perhaps to the key before. */
  readonly data: T | undefined;
  /** Key that `data` answers. */
  readonly dataKey: string | null;
  readonly error: Error | null;
  readonly loading: boolean;
  readonly reload: () => void;
}

interface State<T> {
  readonly data: T | undefined;
  readonly dataKey: string | null;
  readonly error: Error | null;
  readonly loading: boolean;
}

/** @param key null: nothing is wanted now */
export function useResource<T>(key: string | null, load: (signal: AbortSignal) => Promise<T>): Resource<T> {
  const [state, setState] = useState<State<T>>({
    data: undefined,
    dataKey: null,
    error: null,
    loading: key !== null,
  });
  const [turn, setTurn] = useState(0);
  const latest = useRef(load);
  latest.current = load;
  const reload = useCallback(() => setTurn((n) => n + 1), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `turn` is asked for again
  useEffect(() => {
    if (key === null) return;
    const abort = new AbortController();
    setState((before) => ({ ...before, loading: true }));
    latest.current(abort.signal).then(
      (data) => {
        if (!abort.signal.aborted) setState({ data, dataKey: key, error: null, loading: false });
      },
      (error: unknown) => {
        if (abort.signal.aborted) return;
        const thrown = error instanceof Error ? error : new Error(String(error));
        setState((before) => ({ ...before, error: thrown, loading: false }));
      },
    );
    return () => abort.abort();
  }, [key, turn]);
  const offline = state.error instanceof Offline;
  useEffect(() => (offline ? onReconnect(reload) : undefined), [offline, reload]);
  return { ...state, reload };
}

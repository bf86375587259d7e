// Moving through a session: steps, and on to a breakpoint, forwards and backwards. The server looks and nothing executes; a
// bounded number of events is looked at in one request, so a long way is several.
import { useCallback, useRef, useState } from 'react';
import { ask } from '../../api/ask.js';
import type { SeekQuery } from './breakpoint.js';

const SEEK_EVENTS = 200_000;

export interface Travel {
  readonly busy: boolean;
  /** What the last move has to say: nothing found, how far it has looked, or an error. */
  readonly said: string;
  readonly seek: (from: number, direction: 'forward' | 'backward', query: SeekQuery) => Promise<void>;
  readonly stop: () => void;
}

export function useTravel(id: string, goTo: (position: number) => void): Travel {
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState('');
  const abort = useRef<AbortController | null>(null);
  const stop = useCallback(() => {
    abort.current?.abort();
    abort.current = null;
    setBusy(false);
  }, []);
  const seek = async (from: number, direction: 'forward' | 'backward', query: SeekQuery): Promise<void> => {
    stop();
    const own = new AbortController();
    abort.current = own;
    setBusy(true);
    setSaid('');
    let at: number | null = from;
    let looked = 0;
    try {
      while (at !== null && !own.signal.aborted) {
        const found: { found: boolean; position: number | null; looked: number; next: number | null } =
          await ask<'Travel_seek'>('GET', `/sessions/${id}/seek`, {
            query: { ...query, from: at, direction, limit: SEEK_EVENTS },
            signal: own.signal,
          });
        looked += found.looked;
        if (found.found && found.position !== null) {
          goTo(found.position);
          return;
        }
        at = found.next;
        if (at !== null) setSaid(`looked at ${looked} events …`);
      }
      setSaid(direction === 'forward' ? 'not found up to the end' : 'not found back to the beginning');
    } catch (error) {
      if (!own.signal.aborted) setSaid(error instanceof Error ? error.message : String(error));
    } finally {
      if (abort.current === own) setBusy(false);
    }
  };
  return { busy, said, seek, stop };
}

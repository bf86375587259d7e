// Rows of the events table. Without a filter position and row are one: pages are read where the table is looked at. With one,
// pages follow each other from where the table begins.
import { useCallback, useEffect, useRef, useState } from 'react';
import { ask } from '../../api/ask.js';
import type { EventPage } from '../../api/schema.js';
import { type Filter, filterQuery, filtersText } from './model/filter.js';

export type EventRow = EventPage['events'][number];
const PAGE = 200;
const MAX_PAGES = 60;

export interface EventRows {
  /** Rows that there are to show, read or not; null: with a filter nobody knows yet. */
  readonly length: number;
  readonly row: (index: number) => EventRow | undefined;
  /** Tells which rows are looked at. */
  readonly look: (first: number, last: number) => void;
  readonly error: Error | null;
  readonly complete: boolean;
}

/** Every row from `base` on, at most `span` of them. */
export function usePlainEvents(id: string, base: number, span: number): EventRows {
  const pages = useRef(new Map<number, readonly EventRow[] | null>());
  const [, redraw] = useState(0);
  const [error, setError] = useState<Error | null>(null);
  const owner = useRef(id);
  if (owner.current !== id) {
    owner.current = id;
    pages.current.clear();
  }
  const look = useCallback(
    (first: number, last: number) => {
      const from = Math.floor((base + first - 1) / PAGE);
      const to = Math.floor((base + last - 1) / PAGE);
      for (let page = from; page <= to; page++) {
        const known = pages.current.get(page);
        // The last page of a session that grows is read again.
        const full =
          known === null ||
          known?.length === PAGE ||
          (known !== undefined && page * PAGE + known.length >= base + span - 1);
        if (full) continue;
        pages.current.set(page, null);
        ask<'Events_events'>('GET', `/sessions/${id}/events`, {
          query: { from: page * PAGE + 1, to: (page + 1) * PAGE, limit: PAGE, words: 'true' },
        }).then(
          ({ events }) => {
            if (pages.current.size > MAX_PAGES) pages.current.clear();
            pages.current.set(page, events);
            setError(null);
            redraw((n) => n + 1);
          },
          (thrown: Error) => {
            pages.current.delete(page);
            setError(thrown);
          },
        );
      }
    },
    [id, base, span],
  );
  const row = (index: number): EventRow | undefined => {
    const position = base + index;
    return pages.current.get(Math.floor((position - 1) / PAGE))?.[(position - 1) % PAGE];
  };
  return { length: span, row, look, error, complete: true };
}

/** Rows from `from` on that the filters let through. */
export function useFilteredEvents(
  id: string,
  from: number,
  filters: readonly Filter[],
  last: number,
): EventRows {
  const key = `${id} ${from} ${filtersText(filters)}`;
  const [state, setState] = useState<{
    readonly key: string;
    readonly rows: readonly EventRow[];
    readonly next: number | null;
  }>({ key, rows: [], next: from });
  const [error, setError] = useState<Error | null>(null);
  const reading = useRef<string | null>(null);
  const now = state.key === key ? state : { key, rows: [], next: from };
  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` names all of it
  const read = useCallback(
    (at: number, before: readonly EventRow[]) => {
      const turn = `${key} ${at}`;
      if (reading.current === turn) return;
      reading.current = turn;
      ask<'Events_events'>('GET', `/sessions/${id}/events`, {
        query: { ...filterQuery(filters), from: at, limit: PAGE, words: 'true' },
      }).then(
        ({ events, next }) => {
          if (reading.current === turn) setState({ key, rows: [...before, ...events], next });
          setError(null);
        },
        (thrown: Error) => {
          if (reading.current === turn) setError(thrown);
        },
      );
    },
    [key],
  );
  useEffect(() => {
    if (filters.length > 0 && now.rows.length === 0 && now.next !== null) read(now.next, []);
  });
  return {
    length: now.rows.length,
    row: (index) => now.rows[index],
    look: (_first, until) => {
      if (now.next !== null && now.next <= last && until >= now.rows.length - 20) read(now.next, now.rows);
    },
    error,
    complete: now.next === null,
  };
}

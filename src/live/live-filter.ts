// Filters of a subscription, in the words of GET /sessions/{id}/events. A session that has not begun has no threads yet,
// so a thread's name is looked up when there is something to read.
import { rowFilters } from '../sessions/event-filters.js';
import type { EventStore, RowFilters } from '../store/event-store.port.js';
import type { FeedFilter } from './live.schemas.js';

export interface FilterAnswer {
  /** The session has no threads yet: what is stored by now matches nothing. */
  readonly waits: boolean;
  readonly filters?: RowFilters;
}

/** Throws a Problem that lists what is known, for a name that is not. */
export async function filterNow(
  text: FeedFilter,
  store: Pick<EventStore, 'dictionary'>,
  sessionId: string,
): Promise<FilterAnswer> {
  if (Object.values(text).every((part) => part === undefined)) return { waits: false };
  const dictionary = await store.dictionary(sessionId);
  const waits = text.thread !== undefined && dictionary.every((entry) => entry.kind !== 'thread');
  // The other words are checked now all the same.
  const { thread: _, ...others } = text;
  const filters = rowFilters(waits ? others : text, dictionary);
  return waits || filters === undefined ? { waits } : { waits, filters };
}

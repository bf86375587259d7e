// All events of one type, page after page. A page looks at a bounded number of events, so a rare type takes several.
import { ask } from './ask.js';
import type { EventPage } from './schema.js';

const MAX_PAGES = 200;
const PAGE = 1_000;

export interface EventsOfType {
  readonly events: EventPage['events'];
  /** False: there are more than were read. */
  readonly whole: boolean;
}

export async function eventsOf(id: string, type: string, signal: AbortSignal): Promise<EventsOfType> {
  const events: EventPage['events'][number][] = [];
  let from: number | null = 1;
  for (let page = 0; from !== null && page < MAX_PAGES; page++) {
    const read: EventPage = await ask<'Events_events'>('GET', `/sessions/${id}/events`, {
      query: { type, from, limit: PAGE },
      signal,
    });
    events.push(...read.events);
    from = read.next;
  }
  return { events, whole: from === null };
}

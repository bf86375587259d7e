// What the view knows of one imported trace: its report, its session, and when events are missing.
import { ask } from '../api/ask.js';
import { eventsOf } from '../api/events.js';
import { type Resource, useResource } from '../api/resource.js';
import type { ImportedTrace, Session } from '../api/schema.js';
import { type GapSpan, gapSpans } from './model/churn.js';

const MAX_GAPS = 40;

export function useTrace(id: string): Resource<{ readonly trace: ImportedTrace; readonly session: Session }> {
  return useResource(`trace ${id}`, async (signal) => {
    const [trace, session] = await Promise.all([
      ask<'Traces_document'>('GET', `/traces/${id}`, { signal }),
      ask<'Sessions_get'>('GET', `/sessions/${id}`, { signal }),
    ]);
    return { trace, session };
  });
}

export function useGapSpans(
  { sessionId: id, gaps }: ImportedTrace,
  endNs: number,
): readonly GapSpan[] | undefined {
  const { data } = useResource(gaps === 0 ? null : `gap spans ${id}`, async (signal) => {
    const { events } = await eventsOf(id, 'TraceGap', signal);
    const shown = events.slice(0, MAX_GAPS);
    const behind = await Promise.all(
      shown.map(async ({ position }) => {
        const query = { from: position + 1, to: position + 1, limit: 1 };
        const page = await ask<'Events_events'>('GET', `/sessions/${id}/events`, { query, signal });
        return [position, page.events[0]?.timeNs] as const;
      }),
    );
    const known = behind.flatMap(([position, ns]) => (ns === undefined ? [] : [[position, ns] as const]));
    return gapSpans(shown, new Map(known), endNs);
  });
  return gaps === 0 ? [] : data;
}

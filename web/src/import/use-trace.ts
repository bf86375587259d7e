// What the view knows of one imported trace: its report, its session, the births of its roots, and where events are missing.
import { ask } from '../api/ask.js';
import { eventsOf } from '../api/events.js';
import { type Resource, useResource } from '../api/resource.js';
import type { ImportedTrace, Session } from '../api/schema.js';
import { type Bars, barsOf, type GapSpan, gapSpans } from './model/churn.js';

const MAX_GAPS = 40;

export interface Births {
  readonly bars: Bars;
  /** False: the trace has more roots than were read. */
  readonly whole: boolean;
  readonly gaps: readonly GapSpan[];
}

export function useTrace(id: string): Resource<{ readonly trace: ImportedTrace; readonly session: Session }> {
  return useResource(`trace ${id}`, async (signal) => {
    const [trace, session] = await Promise.all([
      ask<'Traces_document'>('GET', `/traces/${id}`, { signal }),
      ask<'Sessions_get'>('GET', `/sessions/${id}`, { signal }),
    ]);
    return { trace, session };
  });
}

export function useBirths(id: string, endNs: number | null): Resource<Births> {
  return useResource(endNs === null ? null : `births ${id}`, async (signal) => {
    const [births, gaps] = await Promise.all([
      eventsOf(id, 'RootAllocated', signal),
      eventsOf(id, 'TraceGap', signal),
    ]);
    const shown = gaps.events.slice(0, MAX_GAPS);
    const behind = await Promise.all(
      shown.map(async ({ position }) => {
        const query = { from: position + 1, to: position + 1, limit: 1 };
        const page = await ask<'Events_events'>('GET', `/sessions/${id}/events`, { query, signal });
        return [position, page.events[0]?.timeNs] as const;
      }),
    );
    const known = behind.flatMap(([position, ns]) => (ns === undefined ? [] : [[position, ns] as const]));
    const times = births.events.map(({ timeNs }) => timeNs);
    return {
      bars: barsOf(times, endNs ?? 0),
      whole: births.whole,
      gaps: gapSpans(shown, new Map(known), endNs ?? 0),
    };
  });
}

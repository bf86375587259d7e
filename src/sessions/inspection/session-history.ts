// A stored session as the projections over histories ask for it: rows from the thread's own connection, worlds from the past
// that is kept warm.
import type { World } from '../../core/aggregates/world.js';
import type { Frame, History, HistoryQuery, HistoryRows } from '../../core/projections/history.js';
import type { Moment } from '../../core/projections/moment.js';
import { concatRows, type EventRows } from '../../store/event-rows.js';
import type { EventReader, RowFilters } from '../../store/event-store.port.js';
import type { OrderContext } from './order.js';
import { type SessionPast, sessionPast } from './session-past.js';

/** Rows of one read. */
const READ_ROWS = 65_536;

export class SessionHistory implements History {
  readonly level: 'full' | 'lifecycle';
  readonly end: number;
  readonly vcpus: number;
  readonly threads: readonly string[];

  constructor(
    readonly past: SessionPast,
    private readonly reader: EventReader,
  ) {
    const { manifest, position } = past.session;
    this.level = manifest.recording;
    this.end = position;
    this.vcpus = past.moment.world.vcpus;
    this.threads = past.moment.threadNames;
  }

  rows({ from, to, limit, backward, ...filters }: HistoryQuery): HistoryRows {
    const used: RowFilters = filters;
    const direction = backward === true ? 'backward' : 'forward';
    const parts: EventRows[] = [];
    let left = limit;
    let range: { from: number; to: number } | null = { from: Math.max(1, from), to: Math.min(this.end, to) };
    while (range !== null && range.from <= range.to && left > 0) {
      this.past.checkCancelled();
      const page = this.reader.rows(this.past.session.id, {
        ...range,
        limit: Math.min(left, READ_ROWS),
        direction,
        filters: used,
      });
      parts.push(page.rows);
      left -= page.rows.length;
      const { next } = page;
      range = next === null ? null : backward === true ? { ...range, to: next } : { ...range, from: next };
    }
    return concatRows(parts);
  }

  worldAt(position: number): World {
    this.past.moveTo(position);
    return this.past.moment.world;
  }

  momentAt(position: number): Moment {
    this.past.moveTo(position);
    return this.past.moment;
  }

  stack(site: number): readonly Frame[] {
    const frames: Frame[] = [];
    for (let at = this.past.moment.site(site); at !== undefined; at = this.past.moment.site(at.parent)) {
      frames.push({ function: at.function, label: at.label });
    }
    return frames;
  }
}

export function sessionHistory(sessionId: string, context: OrderContext): SessionHistory {
  return new SessionHistory(sessionPast(sessionId, context), context.reader);
}

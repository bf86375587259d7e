// The projection root-pressure over a stored session, page by page: only rows of the types that it looks at are read.
import { MAX_ROOT_PRESSURE_ROWS } from '../config/limits.js';
import {
  ROOT_PRESSURE_TYPES,
  RootPressure,
  type RootPressureFigures,
} from '../core/projections/root-pressure.js';
import type { EventStore } from '../store/event-store.port.js';
import { limitExceeded } from '../store/store.errors.js';

const PAGE = 8_192;

export async function rootPressureOf(
  store: Pick<EventStore, 'readRows'>,
  sessionId: string,
): Promise<RootPressureFigures> {
  const pressure = new RootPressure();
  let from: number | null = 1;
  let rows = 0;
  while (from !== null) {
    const page = await store.readRows(sessionId, {
      from,
      limit: PAGE,
      filters: { types: ROOT_PRESSURE_TYPES },
    });
    rows += page.rows.length;
    if (rows > MAX_ROOT_PRESSURE_ROWS) {
      throw limitExceeded('maxRootPressureRows', MAX_ROOT_PRESSURE_ROWS, rows, 'rows about roots');
    }
    pressure.feed(page.rows, 0, page.rows.length);
    from = page.next;
  }
  return pressure.figures();
}

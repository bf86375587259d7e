// Columns that grow at the end.
import type { StoredColumns } from '../../core/run/contract.js';
import { allocateRows, concatRows, type EventRows } from '../event-rows.js';

export class GrowingRows {
  /** Longer than `length`: the rest is room to grow. */
  rows: EventRows = allocateRows(0);
  length = 0;

  push(columns: StoredColumns): void {
    const { length } = this;
    const grown = length + columns.length;
    if (grown > this.rows.length) {
      const room = allocateRows(Math.max(grown, 2 * this.rows.length) - this.rows.length);
      this.rows = concatRows([this.rows, room]);
    }
    for (const name of ['skipped', 'timeNs', 'thread', 'site', 'type', 'subject', 'a', 'b', 'c'] as const) {
      const column = columns[name];
      this.rows[name].set(
        column.length === columns.length ? column : column.subarray(0, columns.length),
        length,
      );
    }
    this.length = grown;
  }
}

// What every format's writer gets: the order, and rows page by page.
import type { SnapshotBytes } from '../../core/run/contract.js';
import type { EventRows } from '../../store/event-rows.js';
import type { TraceLines } from '../../store/imports.port.js';
import { NameTable } from '../../store/readable-rows.js';
import type { ExportOrder } from '../messages.js';

export interface ExportContext {
  readonly order: ExportOrder;
  /** Rows of these positions in order; the range of the order by default. */
  pages(from?: number, to?: number): AsyncGenerator<EventRows>;
  /** Every snapshot, the last one first. */
  snapshots(): AsyncGenerator<SnapshotBytes>;
  /** Of an imported session: lines of its trace, chunks from this number on. */
  traceLines(from: number, limit: number): Promise<readonly TraceLines[]>;
}

/** Blocks of any size, in order. */
export type Writer = (context: ExportContext) => AsyncGenerator<Uint8Array>;

export function nameTable({ names }: ExportOrder): NameTable {
  return new NameTable(names.map(({ entry }) => entry));
}

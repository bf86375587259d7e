// What the inspection service and an inspection thread say to each other. Rows come page by page from the store's
// reader, through the main thread, asked for a few pages ahead.
import type { Manifest, RunProgress, SnapshotBytes } from '../../core/run/contract.js';
import type { StoredNumbers } from '../../core/run/stored-numbers.js';
import type { FoldRows } from '../../store/event-rows.js';
import type { ReplayKind, ReplayResult } from './replay-result.js';
import type { StateView } from './state-view.js';

export interface Stored {
  readonly manifest: Manifest;
  readonly position: number;
  readonly progress: RunProgress | null;
  /** The last one at or before `position`, if there is one. */
  readonly snapshot: SnapshotBytes | null;
}

export type InspectionOrder = (
  | { readonly kind: 'replay'; readonly by: readonly ReplayKind[]; readonly decisions: Uint8Array }
  | { readonly kind: 'state' }
) &
  Stored & {
    /** Rows of a page; only the last one is shorter. */
    readonly pageRows: number;
  };

/** Rows without gaps; pages come in the order in which they were asked for. */
export interface PageMessage {
  readonly kind: 'page';
  readonly rows: StoredNumbers | FoldRows;
}

/** Every number of a row, or only what folding needs: quicker to read. */
export type PageColumns = 'numbers' | 'fold';

export type ToThread = InspectionOrder | PageMessage;

export type FromThread =
  | { readonly kind: 'pageWanted'; readonly from: number; readonly columns: PageColumns }
  | { readonly kind: 'replayed'; readonly result: ReplayResult }
  | { readonly kind: 'state'; readonly state: StateView }
  | { readonly kind: 'failed'; readonly message: string };

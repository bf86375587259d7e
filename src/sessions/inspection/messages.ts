// What the inspection service and an inspection thread say to each other. Rows come page by page from the store's
// reader, through the main thread, asked for one page ahead.
import type { Manifest, RunProgress, SnapshotBytes } from '../../core/run/contract.js';
import type { EventRows, FoldRows } from '../../store/event-rows.js';
import type { ReplayKind, ReplayResult } from './replay-result.js';
import type { StateView } from './state-view.js';

export interface Stored {
  readonly manifest: Manifest;
  readonly position: number;
  readonly progress: RunProgress | null;
  /** The last one at or before `position`, if there is one. */
  readonly snapshot: SnapshotBytes | null;
}

export type InspectionOrder =
  | ({ readonly kind: 'replay'; readonly by: readonly ReplayKind[]; readonly decisions: Uint8Array } & Stored)
  | ({ readonly kind: 'state' } & Stored);

/** Rows in order of position; null: there are no more. */
export interface PageMessage {
  readonly kind: 'page';
  readonly rows: EventRows | FoldRows | null;
}

/** Whole rows, or only what folding needs: quicker to read. */
export type PageColumns = 'all' | 'fold';

export type ToThread = InspectionOrder | PageMessage;

export type FromThread =
  /** The next page; the first one begins at `from`, later ones where the one before ended. */
  | { readonly kind: 'pageWanted'; readonly from: number; readonly columns: PageColumns }
  | { readonly kind: 'replayed'; readonly result: ReplayResult }
  | { readonly kind: 'state'; readonly state: StateView }
  | { readonly kind: 'failed'; readonly message: string };

// What the import service and an import thread say to each other: the thread reads and checks, the service stores. A part
// is read when the one before it is stored.
import type { ImportPart } from '../store/imports.port.js';
import type { StoreLimits } from '../store/store.limits.js';
import type { Failure } from './messages.js';
import type { SessionHead } from './session-file/head.js';

/** The thread's workerData. */
export interface ImportOrder {
  readonly file: string;
  readonly limits: Pick<StoreLimits, 'maxSnapshotBytes'>;
}

export type FromImport =
  | { readonly kind: 'head'; readonly head: SessionHead }
  | { readonly kind: 'part'; readonly part: ImportPart }
  /** Everything was read and every check passed. */
  | { readonly kind: 'whole' }
  | { readonly kind: 'failed'; readonly failure: Failure };

// The digests of stored rows, computed again from the rows themselves, page by page: a session that comes from outside,
// or from a damaged disk, must still have the digests that its run wrote down. At recording level `full` both digests
// follow from the rows; at `lifecycle` only the session digest does, as the folded events are gone.
import { Digest } from '../base/digest.js';
import { E } from '../events/catalogue.js';
import type { RunProgress, StoredColumns } from './contract.js';
import { Recorder } from './recorder.js';

export interface DigestDifference {
  readonly what: 'digest' | 'fullDigest' | 'ordinal' | 'position';
  /** What the run wrote down. */
  readonly stored: string | number;
  /** What the rows give. */
  readonly found: string | number;
}

export class StoredDigest {
  private readonly full: Recorder | null;
  private readonly lifecycle = new Digest();
  private position = 0;
  private lastOrdinal = 0;

  constructor(level: 'full' | 'lifecycle') {
    this.full = level === 'full' ? new Recorder('full') : null;
  }

  /** The next rows, without gaps. */
  take(rows: StoredColumns): void {
    if (this.full !== null) {
      this.full.consume({ ...rows, capacity: rows.length });
      this.full.take();
    } else {
      this.takeLifecycle(rows);
    }
    this.position += rows.length;
  }

  /** Null when the rows are those that the run's end was computed over. */
  difference(progress: RunProgress): DigestDifference | null {
    const { full } = this;
    // What a run was still folding when it ended became part of its digest.
    if (progress.outcome !== null) full?.finish();
    const found = {
      position: this.position,
      digest: full === null ? this.lifecycle.hex() : full.digestHex,
      ordinal: full === null ? this.lifecycleOrdinal(progress) : full.ordinal,
      fullDigest: full === null ? progress.fullDigest : full.fullDigestHex,
    };
    for (const what of ['position', 'ordinal', 'digest', 'fullDigest'] as const) {
      if (found[what] !== progress[what]) return { what, stored: progress[what], found: found[what] };
    }
    return null;
  }

  private takeLifecycle(rows: StoredColumns): void {
    const { skipped, timeNs, thread, site, type, subject, a, b, c } = rows;
    const d = this.lifecycle;
    for (let i = 0; i < rows.length; i++) {
      const ordinal = this.position + i + 1 + skipped[i];
      d.word(type[i] | (thread[i] << 8) | (site[i] << 16));
      d.word(subject[i]);
      d.word(a[i]);
      d.word(b[i]);
      d.word(c[i]);
      d.wide(timeNs[i]);
      d.wide(ordinal);
      this.lastOrdinal = type[i] === E.Counted ? ordinal + a[i] - 1 : ordinal;
    }
  }

  /** The events that an unfinished lifecycle session is still folding have no row yet. */
  private lifecycleOrdinal({ outcome, ordinal }: RunProgress): number {
    return outcome === null ? Math.max(this.lastOrdinal, ordinal) : this.lastOrdinal;
  }
}

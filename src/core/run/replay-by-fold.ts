// Replay by fold: stored events -> state. No kernel code runs; it works for every session for ever.
import { EVOLVE } from '../aggregates/evolve.js';
import type { Layout } from '../aggregates/layout.js';
import { World } from '../aggregates/world.js';
import { Digest } from '../base/digest.js';
import { E } from '../events/catalogue.js';
import type { StoredColumns } from './contract.js';

/** Folds pages of rows in order of position. */
export class Fold {
  readonly world: World;
  position = 0;

  constructor(layout: Layout) {
    this.world = new World(layout);
  }

  apply(rows: StoredColumns): void {
    const { world } = this;
    for (let i = 0; i < rows.length; i++) {
      EVOLVE[rows.type[i]](world, rows.thread[i], rows.subject[i] >> 4, rows.a[i], rows.b[i], rows.c[i]);
    }
    this.position += rows.length;
  }
}

/** Digest of the words of the world that events determine at recording level `full`. */
export function worldDigest(w: World): string {
  const d = new Digest();
  for (let i = 0; i < w.layout.worldWords; i++) d.word(w.s[i]);
  return d.hex();
}

/** Event types whose handler may run on a lifecycle session: they touch nothing that the level did not keep. */
export const LIFECYCLE_FOLD_SKIPS: ReadonlySet<number> = new Set([E.LockContended]);

// Arrows between threads in a stretch of more events than are drawn one by one: who released before whom acquired, who queued before
// whom ran. Only those that are long enough on the screen to be told apart, the longest first.

import type { World } from '../aggregates/world.js';
import { EDGE_KINDS, type EdgeKind } from '../causality/edges.js';
import { type CausalRows, HappensBefore } from '../causality/happens-before.js';

export const MAX_FAR_ARROWS = 200;
export const ARROW_KINDS = Object.keys(EDGE_KINDS) as EdgeKind[];

export interface FarArrows {
  readonly arrowKinds: readonly EdgeKind[];
  /** Index in arrowKinds, from, to, thread there, thread here; in order of `to`. */
  readonly arrows: readonly number[];
}

interface Arrow {
  readonly kind: number;
  readonly from: number;
  readonly to: number;
  readonly thread: number;
}

export class FarArrowsOf {
  private readonly found: Arrow[] = [];
  private readonly order: HappensBefore;
  private readonly threads: number[] = [];
  private thread = 0;

  /**
   * @param world before the first row
   * @param first position of the first row
   * @param least shorter ones are left out
   */
  constructor(
    world: World,
    private readonly first: number,
    private readonly least: number,
  ) {
    this.order = new HappensBefore((from, to, kind) => {
      if (from < this.first || to - from < this.least) return;
      this.found.push({ kind: ARROW_KINDS.indexOf(kind), from, to, thread: this.thread });
    });
    this.order.startAt(world);
  }

  /** Rows right behind those before. */
  take(rows: CausalRows, length: number): void {
    for (let i = 0; i < length; i++) {
      this.thread = rows.thread[i];
      this.threads.push(this.thread);
      this.order.row(rows, i, this.first + this.threads.length - 1);
    }
  }

  view(): FarArrows {
    const kept = this.found
      .sort((x, y) => y.to - y.from - (x.to - x.from) || x.to - y.to)
      .slice(0, MAX_FAR_ARROWS)
      .sort((x, y) => x.to - y.to || x.from - y.from);
    return {
      arrowKinds: ARROW_KINDS,
      arrows: kept.flatMap(({ kind, from, to, thread }) => [
        kind,
        from,
        to,
        this.threads[from - this.first],
        thread,
      ]),
    };
  }
}

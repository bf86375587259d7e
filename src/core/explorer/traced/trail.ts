// Cells whose changes are remembered as a tree, so that one can go back to any state that was marked, and on from there to any other,
// at the cost of what lies between the two: a follower tries out many ways from many places.

/** Numbers by a number; 0 where nothing was set. */
export class Cells {
  private values = new Int32Array(64);

  get(key: number): number {
    return this.values[key] ?? 0;
  }

  /** Only the trail sets. */
  put(key: number, value: number): void {
    if (key >= this.values.length) {
      const more = new Int32Array(Math.max(2 * this.values.length, key + 1));
      more.set(this.values);
      this.values = more;
    }
    this.values[key] = value;
  }
}

/** A change, with those before it. */
export interface Change {
  readonly before: Change | null;
  readonly depth: number;
  readonly cells: Cells;
  readonly key: number;
  readonly was: number;
  readonly is: number;
}

export class Trail {
  private last: Change | null = null;

  set(cells: Cells, key: number, is: number): void {
    const was = cells.get(key);
    if (was === is) return;
    this.last = { before: this.last, depth: depthOf(this.last) + 1, cells, key, was, is };
    cells.put(key, is);
  }

  /** The present state. */
  mark(): Change | null {
    return this.last;
  }

  goTo(mark: Change | null): void {
    const again: Change[] = [];
    let to = mark;
    while (this.last !== to) {
      if (to !== null && depthOf(to) >= depthOf(this.last)) {
        again.push(to);
        to = to.before;
      } else if (this.last !== null) {
        const { cells, key, was, before } = this.last;
        cells.put(key, was);
        this.last = before;
      }
    }
    for (let k = again.length - 1; k >= 0; k--) again[k]!.cells.put(again[k]!.key, again[k]!.is);
    this.last = mark;
  }
}

const depthOf = (change: Change | null): number => change?.depth ?? 0;

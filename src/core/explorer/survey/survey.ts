// What a search saw of its steps, counted as they are taken: each operation with the locks that its thread held, and who
// took a step while another thread had a conflicting one before it. Numbers only; lock-matrix.ts and coverage.ts make words
// of them. Kept by each worker, added up, and carried by checkpoints.
import { THREAD, VM } from '../../aggregates/layout.js';
import type { World } from '../../aggregates/world.js';
import { assert } from '../../base/assert.js';
import { OP_WORDS } from '../machine-model/enabled.js';
import { Access } from './accesses.js';
import { HELD } from './held.js';
import { OPERATIONS, operationOf } from './operation.js';
import { MAX_ROLES, type SurveyCounts } from './survey-counts.js';

/** Distinct operations, by role. */
const MAX_OPERATIONS = 1_024;

/** `vcpu0` and `vcpu1` are of one role. */
const roleName = (thread: string): string => thread.replace(/\d+$/, '');

export class Survey {
  readonly roles: readonly string[];
  /** How many threads each role has. */
  readonly threads: readonly number[];
  private readonly roleOf: Uint8Array;
  /** By operation and role a small number, plus 1. */
  private readonly small: Int16Array;
  private readonly large: number[] = [];
  /** By small number: object * 2 + 1 where it is changed; -1: touches nothing that counts. */
  private readonly touched: number[] = [];
  private readonly rowNumbers = new Map<number, number>();
  /** Of each row: step and role, operation. */
  private readonly rowKeys: number[] = [];
  /** By set of locks: times by row. */
  private readonly times = new Map<number, Float64Array>();
  private pairs = new Float64Array(0);
  private side = 0;
  private readonly mine = new Access();
  private readonly other = new Access();

  constructor(
    private readonly w: World,
    private readonly ops: Int32Array,
    threads: readonly string[],
  ) {
    const names = threads.map(roleName);
    this.roles = [...new Set(names)];
    assert(this.roles.length <= MAX_ROLES, `at most ${MAX_ROLES} roles`);
    this.roleOf = Uint8Array.from(names, (name) => this.roles.indexOf(name));
    this.threads = this.roles.map((role) => names.filter((name) => name === role).length);
    this.small = new Int16Array(this.roles.length * OPERATIONS);
  }

  /** Thread t is about to take the step that it stands before. */
  note(t: number, step: number): void {
    const { ops, w, mine, other } = this;
    const at = t * OP_WORDS;
    if (ops[at] === 0) return;
    const a = this.number(t, at);
    this.count(step, t, a);
    if (!mine.read(w, ops, at)) return;
    this.touched[a] = mine.object * 2 + (mine.writes ? 1 : 0);
    const threads = this.roleOf.length;
    for (let u = 0; u < threads; u++) {
      const next = u * OP_WORDS;
      if (u === t || ops[next] === 0) continue;
      if (!other.read(w, ops, next) || !mine.conflicts(other)) continue;
      const b = this.number(u, next);
      this.pairs[a * this.side + b]++;
    }
  }

  counts(): SurveyCounts {
    const { times, rowKeys, large, side } = this;
    const rows: number[] = [];
    times.forEach((byRow, set) => {
      byRow.forEach((n, row) => {
        if (n > 0) rows.push(rowKeys[row * 2], rowKeys[row * 2 + 1], set, n);
      });
    });
    const pairs: number[] = [];
    for (let a = 0; a < large.length; a++)
      for (let b = 0; b < large.length; b++) {
        const n = this.pairs[a * side + b];
        if (n > 0) pairs.push(large[a], large[b], n);
      }
    const touches = this.touched.flatMap((x, k) => (x < 0 ? [] : [large[k], x >> 1, x & 1]));
    return {
      rows: Float64Array.from(rows),
      pairs: Float64Array.from(pairs),
      touches: Float64Array.from(touches),
    };
  }

  /** The set of locks that a thread holds. */
  private held(t: number): number {
    const { w } = this;
    const { s } = w;
    const at = w.thread(t);
    const h = at + THREAD.HELD0;
    let set = s[h] | (s[h + 1] << 2) | (s[h + 2] << 4) | (s[h + 3] << 6) | (s[h + 4] << 8);
    if (s[at + THREAD.RCU_NESTING] > 0) set |= HELD.rcu;
    if (s[at + THREAD.SRCU_VM] !== 0) set |= HELD.srcu;
    // Which VM is meant is plain where there is one.
    if (w.vms === 1) {
      if (w.vmWord(0, VM.USERS_COUNT) === 0) set |= HELD.noUsers;
      if (w.vmWord(0, VM.CREATED_VCPUS) === 0) set |= HELD.noVcpus;
    }
    return set;
  }

  private count(step: number, t: number, small: number): void {
    const key = (step * MAX_ROLES + this.roleOf[t]) * MAX_OPERATIONS + small;
    let row = this.rowNumbers.get(key);
    if (row === undefined) {
      row = this.rowNumbers.size;
      this.rowNumbers.set(key, row);
      this.rowKeys.push(step * MAX_ROLES + this.roleOf[t], this.large[small] % OPERATIONS);
    }
    const set = this.held(t);
    let byRow = this.times.get(set);
    if (byRow === undefined || byRow.length <= row) {
      const longer = new Float64Array(Math.max(64, row * 2));
      if (byRow !== undefined) longer.set(byRow);
      byRow = longer;
      this.times.set(set, byRow);
    }
    byRow[row]++;
  }

  private number(t: number, at: number): number {
    const large = this.roleOf[t] * OPERATIONS + operationOf(this.ops, at);
    const known = this.small[large];
    if (known > 0) return known - 1;
    const small = this.large.length;
    assert(small < MAX_OPERATIONS, `at most ${MAX_OPERATIONS} operations`);
    this.large.push(large);
    this.touched.push(-1);
    this.small[large] = small + 1;
    if (small >= this.side) this.widen();
    return small;
  }

  private widen(): void {
    const side = Math.max(64, this.side * 2);
    const wider = new Float64Array(side * side);
    for (let a = 0; a < this.side; a++)
      wider.set(this.pairs.subarray(a * this.side, (a + 1) * this.side), a * side);
    this.pairs = wider;
    this.side = side;
  }
}

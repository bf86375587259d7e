// What a search of the coarse anchor sees of its steps: the locks held at each of them against what the reference says of it, and
// which of two steps that conflict went first. A position fixes the locks that its thread holds (link.ts: on every way to it; only
// a vCPU that found no room for a root comes to its end with one more), so a step is counted by its position. Conflicts are by variable, not by root: of two puts it does
// not say whether they were of one root.
import type { Sight } from '../model.js';
import type { ApartPair, Coverage, OrderedPair } from '../survey/coverage.js';
import type { LockMatrix, LockRow } from '../survey/lock-matrix.js';
import { PAIR_NUMBERS, ROW_NUMBERS, type SurveyCounts } from '../survey/survey-counts.js';
import type { Linked, Position } from './link.js';
import { excludes, type Lock } from './program.js';

interface Rule {
  readonly text: string;
  readonly source: string;
  readonly allows: (held: ReadonlySet<Lock>) => boolean;
}

const inAnyMode = (held: ReadonlySet<Lock>): boolean =>
  held.has('mmu_lock:write') || held.has('mmu_lock:read');
const inWrite = (held: ReadonlySet<Lock>): boolean => held.has('mmu_lock:write');
const anyMode: Rule = { text: 'mmu_lock', source: '2.4', allows: inAnyMode };
const list: Rule = {
  text: 'mmu_lock and tdp_mmu_pages_lock',
  source: '1.1, I6',
  allows: (held) => inAnyMode(held) && held.has('tdp_mmu_pages_lock'),
};
const write: Rule = { text: 'mmu_lock W', source: '1.1, I9', allows: inWrite };
const read: Rule = { text: 'mmu_lock R', source: '2.1.5', allows: (held) => held.has('mmu_lock:read') };
/** Nobody else uses the VM any more. */
const alone: Rule = { text: 'no lock: all vCPUs are gone', source: '2.5, B13', allows: () => true };

/** By label: what the reference says must be held there. */
const DECLARED: { readonly [label: string]: Rule } = {
  alloc: write,
  find_root: write,
  try_get: write,
  list_add: list,
  list_del: list,
  dec_and_test: anyMode,
  test_and_set_invalid: anyMode,
  resurrect: anyMode,
  fault: read,
  zap_scan: write,
  zap_get: write,
  zap_invalidate: write,
  destroy_scan: alone,
  destroy_invalidate: alone,
  destroy_queue: alone,
};

/** As the matrix of the machine has them; in brackets what excludes like a lock and is none. */
const NAMES: { readonly [L in Lock]?: string } = {
  'mmu_lock:write': 'mmu_lock:W',
  'mmu_lock:read': 'mmu_lock:R',
  'vcpu alive': '(vCPU alive)',
  'item running': '(item running)',
};

export class CoarseSight implements Sight {
  on = false;
  private readonly count: number;
  /** Steps by position. */
  private readonly times: Float64Array;
  /** conflicting[a * count + b]: the steps at both positions touch one thing, and one of them changes it. */
  private readonly conflicting: Uint8Array;
  private readonly pairs: Float64Array;

  /** @param threads of each kind */
  constructor(
    private readonly linked: Linked,
    private readonly threads: ReadonlyMap<string, number>,
  ) {
    const { positions } = linked;
    this.count = positions.length;
    this.times = new Float64Array(this.count);
    this.pairs = new Float64Array(this.count * this.count);
    this.conflicting = new Uint8Array(this.count * this.count);
    positions.forEach((a, k) => {
      positions.forEach((b, n) => {
        if (a !== null && b !== null && objectOf(a, b) !== null) this.conflicting[k * this.count + n] = 1;
      });
    });
  }

  /** The thread at `position` takes its step; `others` says where everybody stands, itself included. */
  note(t: number, others: readonly { readonly position: number }[]): void {
    const row = others[t].position * this.count;
    this.times[others[t].position]++;
    for (let u = 0; u < others.length; u++) {
      const at = row + others[u].position;
      if (this.conflicting[at] === 1 && u !== t) this.pairs[at]++;
    }
  }

  counts(): SurveyCounts {
    const { count, times, pairs } = this;
    const rows: number[] = [];
    times.forEach((n, at) => {
      if (n > 0) rows.push(at, 0, 0, n);
    });
    const seen: number[] = [];
    pairs.forEach((n, at) => {
      if (n > 0) seen.push(Math.floor(at / count), at % count, n);
    });
    return { rows: Float64Array.from(rows), pairs: Float64Array.from(seen), touches: new Float64Array(0) };
  }

  locks({ rows }: SurveyCounts): LockMatrix {
    const sums = new Map<string, LockRow>();
    let steps = 0;
    for (let k = 0; k < rows.length; k += ROW_NUMBERS) {
      const position = this.linked.positions[rows[k]] as Position;
      const times = rows[k + 3];
      steps += times;
      const held = [...position.held].map((lock) => NAMES[lock] ?? lock).sort();
      const key = `${position.function} ${position.label} ${held.join()}`;
      const known = sums.get(key);
      const rule = DECLARED[position.label];
      sums.set(key, {
        function: position.function,
        operation: position.label,
        roles: [...new Set([...(known?.roles ?? []), position.kind])].sort(),
        held,
        times: times + (known?.times ?? 0),
        declared: rule?.text ?? null,
        source: rule?.source ?? null,
        agrees: rule === undefined ? null : rule.allows(position.held),
      });
    }
    const rank = ({ agrees }: LockRow): number => (agrees === false ? 0 : agrees === true ? 1 : 2);
    const name = (row: LockRow): string => `${row.function} ${row.operation} ${row.held.join()}`;
    const all = [...sums.values()].sort((a, b) => rank(a) - rank(b) || (name(a) < name(b) ? -1 : 1));
    return { rows: all, differing: all.filter(({ agrees }) => agrees === false).length, steps };
  }

  coverage({ rows, pairs }: SurveyCounts): Coverage {
    const positions = this.linked.positions as readonly Position[];
    /** Positions of one step that differ in who called are one operation. */
    const operations = new Map<string, Position[]>();
    for (let k = 0; k < rows.length; k += ROW_NUMBERS) {
      const position = positions[rows[k]];
      operations.set(nameOf(position), [...(operations.get(nameOf(position)) ?? []), position]);
    }
    const times = new Map<string, number>();
    for (let k = 0; k < pairs.length; k += PAIR_NUMBERS) {
      const key = `${nameOf(positions[pairs[k]])} | ${nameOf(positions[pairs[k + 1]])}`;
      times.set(key, (times.get(key) ?? 0) + pairs[k + 2]);
    }
    const ordered: OrderedPair[] = [];
    const apart: ApartPair[] = [];
    const all = [...operations].sort(([a], [b]) => (a < b ? -1 : 1));
    all.forEach(([x, as], k) => {
      for (const [y, bs] of all.slice(k)) {
        const [a, b] = [as[0], bs[0]];
        const object = objectOf(a, b);
        if (object === null || (a.kind === b.kind && (this.threads.get(a.kind) ?? 1) < 2)) continue;
        const aFirst = times.get(`${x} | ${y}`) ?? 0;
        const bFirst = times.get(`${y} | ${x}`) ?? 0;
        const told = { object, a: operation(a), b: operation(b) };
        const orders = x === y || (aFirst > 0 && bFirst > 0) ? 'both' : 'one';
        if (aFirst + bFirst > 0) ordered.push({ ...told, aFirst, bFirst, orders });
        else apart.push({ ...told, keptApartBy: keeper(as, bs) });
      }
    });
    const bothOrders = ordered.filter(({ orders }) => orders === 'both').length;
    return { pairs: ordered, bothOrders, oneOrder: ordered.length - bothOrders, apart };
  }
}

const nameOf = ({ kind, function: name, label }: Position): string => `${kind} ${name} ${label}`;
const operation = ({ kind, function: name, label }: Position) => ({
  role: kind,
  operation: name === kind ? label : `${name} @ ${label}`,
});

/** What both steps touch, one of them changing it; null: nothing. */
function objectOf(a: Position, b: Position): string | null {
  const [x, y] = [a.step, b.step];
  if (x.takes !== undefined && y.takes !== undefined && excludes(x.takes, y.takes))
    return x.takes.replace(/:.*/, '');
  const touches = ({ reads = [], writes = [] }: typeof x): readonly string[] => [...reads, ...writes];
  const common = touches(x).find(
    (name) =>
      touches(y).includes(name) &&
      [...(x.writes ?? []), ...(y.writes ?? [])].some((written) => written === name),
  );
  return common ?? null;
}

/** The lock that excludes the one where the other is; null: none does. */
function keeper(as: readonly Position[], bs: readonly Position[]): string | null {
  for (const lock of as[0].held)
    for (const other of bs[0].held) {
      if (!excludes(lock, other)) continue;
      if (as.every(({ held }) => held.has(lock)) && bs.every(({ held }) => held.has(other)))
        return lock.replace(/:.*/, '');
    }
  return null;
}

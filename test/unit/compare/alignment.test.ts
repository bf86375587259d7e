// Alignment by happens-before: what commutes is equal, what conflicts is named.
import { beforeAll, describe, expect, test } from 'vitest';
import { LOCKS_PER_VM } from '../../../src/core/aggregates/layout.js';
import { World } from '../../../src/core/aggregates/world.js';
import { HappensBefore } from '../../../src/core/causality/happens-before.js';
import { COMPARED } from '../../../src/core/compare/event-forms.js';
import { CATALOGUE, E, type EventName } from '../../../src/core/events/catalogue.js';
import { SUBJECT_CODE, SUBJECT_RADIX } from '../../../src/core/events/define.js';
import { LOCK_MODE } from '../../../src/core/events/lock.events.js';
import { HOLDER } from '../../../src/core/events/root.events.js';
import type { StoredColumns } from '../../../src/core/run/contract.js';
import { align } from '../../support/align.js';
import { NORMAL, TOPOLOGY } from '../../support/fold.js';
import { simulation } from '../../support/harness.js';
import { MemoryHistory } from '../../support/history.js';

/** Hand-written events: no kernel code, no world. */
class Sheet {
  readonly rows: number[][] = [];

  /** One event of thread t about subject n. */
  on(t: number, type: EventName, n = 0, ...values: number[]): this {
    const { code, subject } = CATALOGUE.find(({ name }) => name === type)!;
    this.rows.push([t, code, n * SUBJECT_RADIX + SUBJECT_CODE[subject], ...values]);
    return this;
  }
  /** mmu_lock of a VM. */
  lock(t: number, mode: keyof typeof LOCK_MODE, vm = 0): this {
    return this.on(t, 'LockAcquired', vm * LOCKS_PER_VM, LOCK_MODE[mode]);
  }
  unlock(t: number, mode: keyof typeof LOCK_MODE, vm = 0): this {
    return this.on(t, 'LockReleased', vm * LOCKS_PER_VM, LOCK_MODE[mode]);
  }
}

/** As a session of three threads. */
function written(write: (sheet: Sheet) => void): MemoryHistory {
  const sheet = new Sheet();
  write(sheet);
  const column = (k: number): Int32Array => Int32Array.from(sheet.rows, (row) => row[k] ?? 0);
  const columns = {
    length: sheet.rows.length,
    skipped: new Float64Array(sheet.rows.length),
    timeNs: Float64Array.from(sheet.rows, (_, i) => 10 * i),
    thread: Uint8Array.from(column(0)),
    site: new Uint16Array(sheet.rows.length),
    type: Uint8Array.from(column(1)),
    subject: column(2),
    a: column(3),
    b: column(4),
    c: column(5),
  };
  return new MemoryHistory({
    columns,
    layout: new World(TOPOLOGY).layout,
    threads: ['vcpu0', 'vcpu1', 'rcu'],
  });
}

const run = (
  scenario: string,
  seed: number,
  differs: { readonly protocol?: string; readonly recording?: string } = {},
): MemoryHistory =>
  new MemoryHistory(
    simulation({
      scenario,
      protocol: 'v5.18',
      scheduler: 'random',
      invariants: false,
      limits: { events: 6_000 },
      ...differs,
      seed,
    }),
  );

describe('what commutes', () => {
  test('locks of different VMs in either order, at any time', () => {
    const first = written((f) => f.lock(0, 'write', 0).unlock(0, 'write', 0).lock(1, 'write', 1));
    const second = written((f) => f.lock(1, 'write', 1).lock(0, 'write', 0).unlock(0, 'write', 0));
    expect(align(first, second)).toMatchObject({ divergence: null, result: { steps: [3, 3] } });
  });

  test('readers of one lock', () => {
    const read = (t: number) => (f: Sheet) => f.lock(t, 'read').unlock(t, 'read');
    const first = written((f) => read(1)(read(0)(f)).lock(2, 'write'));
    const second = written((f) => read(0)(read(1)(f)).lock(2, 'write'));
    expect(align(first, second).divergence).toBeNull();
  });

  test('roots and pages that get other numbers because their makers came in another order', () => {
    const make = (f: Sheet, t: number, root: number, page: number): void => {
      f.on(t, 'RootAllocated', root, NORMAL, 1, page).on(t, 'RootGot', root, HOLDER.vcpu, 2, page);
      f.on(t, 'SpteChanged', page, 3, 0, 0x102).on(t, 'RootLoaded', t, 0, NORMAL, page);
    };
    const first = written((f) => {
      for (const t of [0, 1]) make(f, t, t + 1, t);
    });
    const second = written((f) => {
      for (const t of [1, 0]) make(f, t, 2 - t, 1 - t);
    });
    expect(align(first, second).divergence).toBeNull();
    // A root of somebody else is another one.
    const other = written((f) => {
      make(f, 1, 1, 0);
      make(f, 0, 2, 1);
      f.on(0, 'RootGot', 1, HOLDER.vcpu, 3, 0);
    });
    const own = written((f) => {
      make(f, 1, 1, 0);
      make(f, 0, 2, 1);
      f.on(0, 'RootGot', 2, HOLDER.vcpu, 3, 1);
    });
    expect(align(other, own).divergence).toMatchObject({ kind: 'step', thread: 'vcpu0' });
  });

  test('real schedules: equal exactly where causality gives the same edges', () => {
    const seen = { equal: 0, mixed: 0, other: 0 };
    for (const scenario of ['destroy-partial', 'destroy-fwd']) {
      const first = run(scenario, 1);
      const edges = edgesOf(first);
      for (let seed = 2; seed <= 9; seed++) {
        const other = run(scenario, seed);
        const { divergence } = align(first, other);
        const same = [...edges].sort().join() === [...edgesOf(other)].sort().join();
        expect(divergence === null, `${scenario} ${seed}: ${divergence?.text}`).toBe(same);
        if (!same) seen.other++;
        else seen.equal++;
        if (same && other.columns.thread.some((thread, i) => thread !== first.columns.thread[i]))
          seen.mixed++;
      }
    }
    // Both came, and equal ones were not simply the same schedule.
    expect(Math.min(seen.mixed, seen.other), JSON.stringify(seen)).toBeGreaterThan(2);
  });
});

describe('a real run, its rows in another order', () => {
  let first: MemoryHistory;
  beforeAll(() => {
    first = run('busy', 3);
  });

  test('neighbours that touch nothing in common may change places, thousands of times', () => {
    const second = run('busy', 3);
    let random = 12_345;
    let swaps = 0;
    for (let k = 0; k < 200_000; k++) {
      random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
      const i = random % (second.end - 1);
      if (!independent(second.columns, i)) continue;
      swap(second.columns, i);
      swaps++;
    }
    expect(swaps).toBeGreaterThan(5_000);
    for (const page of [97, 5_000]) {
      expect(align(first, second, { page }).divergence).toBeNull();
    }
  });

  test('two neighbours that touch the same root, lock or table may not, and are the ones that are named', () => {
    let named = 0;
    for (let seed = 1; seed <= 12 && named < 4; seed++) {
      const original = run('busy', seed);
      const { columns } = original;
      for (let i = 0; i < original.end - 1 && named < 4; i++) {
        if (columns.thread[i] === columns.thread[i + 1] || columns.subject[i] !== columns.subject[i + 1])
          continue;
        const isWrite = (k: number): boolean =>
          columns.type[k] === E.RootPut ||
          (columns.a[k] === LOCK_MODE.write &&
            (columns.type[k] === E.LockReleased || columns.type[k] === E.LockAcquired));
        if (!isWrite(i) || !isWrite(i + 1)) continue;
        const second = run('busy', seed);
        swap(second.columns, i);
        const { divergence } = align(original, second);
        // The same thread's step, one row later, behind the other thread's one.
        expect(divergence?.steps.map((step) => step?.position)).toEqual([i + 1, i + 2]);
        expect(divergence).toMatchObject({ kind: 'order', thread: original.threads[columns.thread[i]] });
        expect(divergence?.other).toMatchObject({
          firstIn: 1,
          steps: [{ position: i + 2 }, { position: i + 1 }],
        });
        named++;
      }
    }
    expect(named).toBeGreaterThan(0);
  });
});

describe('what does not commute', () => {
  const turn = (t: number) => (f: Sheet) => f.lock(t, 'write').unlock(t, 'write');

  test('two threads that take one lock in another order', () => {
    const first = written((f) => turn(1)(turn(0)(f)));
    const second = written((f) => turn(0)(turn(1)(f)));
    const { divergence } = align(first, second);
    expect(divergence).toMatchObject({
      kind: 'order',
      thread: 'vcpu0',
      object: 'mmu_lock of VM 0',
      text: 'mmu_lock of VM 0: vcpu0 comes before vcpu1 in session A and after it in session B',
      steps: [{ position: 1 }, { position: 3 }],
      other: {
        firstIn: 1,
        steps: [
          { position: 4, thread: 'vcpu1' },
          { position: 2, thread: 'vcpu1' },
        ],
      },
      lastCommon: null,
    });
  });

  test('a step that one side has too many, with the last common step before it', () => {
    const first = written((f) => turn(0)(f).on(0, 'SmmEntered', 0).on(0, 'SmmLeft', 0));
    const second = written((f) => turn(0)(f).on(0, 'SmmLeft', 0));
    expect(align(first, second).divergence).toMatchObject({
      kind: 'onlyIn',
      onlyIn: 0,
      thread: 'vcpu0',
      steps: [{ event: 'vcpu0 enters SMM' }, { event: 'vcpu0 leaves SMM' }],
      lastCommon: [{ position: 2 }, { position: 2 }],
    });
    const shorter = written((f) => turn(0)(f));
    expect(align(first, shorter).divergence).toMatchObject({ kind: 'onlyIn', onlyIn: 0, steps: [{}, null] });
    expect(align(shorter, first).divergence).toMatchObject({ kind: 'onlyIn', onlyIn: 1, steps: [null, {}] });
  });

  test('a request that was made before the vCPU looked, and after it', () => {
    const look = (f: Sheet) => f.on(0, 'RequestTaken', 0, 16, 0).on(0, 'ModeChanged', 0, 1);
    const first = written((f) => look(f.on(1, 'RequestMade', 0, 16, 16)));
    const second = written((f) => f.on(0, 'ModeChanged', 0, 1).on(1, 'RequestMade', 0, 16, 16));
    const { divergence } = align(first, second);
    expect(divergence).toMatchObject({
      thread: 'vcpu0',
      object: 'a request to vCPU 0',
      other: { firstIn: 0, steps: [{ position: 1 }, { position: 2 }] },
    });
    expect(divergence?.text).toContain(
      'vcpu1 comes before vcpu0 in session A, and only after it in session B',
    );
  });

  test('another outcome, or another place of the code: only between the same procedures', () => {
    const put = (refcount: number) => (f: Sheet) =>
      f.on(0, 'RootAllocated', 1, NORMAL, 2, 0).on(0, 'RootPut', 1, HOLDER.vcpu, refcount, 0);
    const [first, second] = [written(put(1)), written(put(0))];
    expect(align(first, second).divergence).toMatchObject({ kind: 'value', thread: 'vcpu0' });
    expect(align(first, second, { sameProcedures: false }).divergence).toBeNull();
  });

  test('too many steps that wait for their counterpart: given up, not answered', () => {
    const turns = (t: number, f: Sheet): Sheet => {
      for (let k = 0; k < 50; k++) f.on(t, 'SmmEntered', t).on(t, 'SmmLeft', t);
      return f;
    };
    const first = written((f) => turns(1, turns(0, f)));
    const second = written((f) => turns(0, turns(1, f)));
    expect(align(first, second, { page: 10 }).result).toMatchObject({ gaveUp: false });
    const { result } = align(first, second, { page: 10, maxPending: 50 });
    expect(result.gaveUp).toBe(true);
    expect(result.divergences.size).toBe(0);
  });
});

test('a draft against its base: the first step that the draft does otherwise, and what only one of them does', () => {
  const { result, divergence } = align(run('smi', 1), run('smi', 1, { protocol: 'seed-draft' }), {
    sameProcedures: false,
  });
  expect(divergence?.steps.map((step) => step?.function)).toEqual([
    'kvm_tdp_mmu_put_root',
    'mmu_free_root_page',
  ]);
  expect(result.occurrences?.only[0][E.RootAllocated]).toBeGreaterThan(0);
});

test('recordings of different levels are compared by what both keep', () => {
  const full = run('smi', 1);
  const lifecycle = run('smi', 1, { recording: 'lifecycle' });
  const { result, divergence } = align(full, lifecycle, { lifecycleOnly: true });
  expect(divergence).toBeNull();
  expect(result.steps[0]).toBe(result.steps[1]);
});

/** Edges of happens-before, objects included, between steps by thread and number; waits for readers are a matter of time. */
function edgesOf({ columns, end }: MemoryHistory): Set<string> {
  const counts = new Map<number, number>();
  const names = Array.from({ length: end }, (_, i) => {
    const thread = columns.thread[i];
    const number = (counts.get(thread) ?? 0) + COMPARED[columns.type[i]];
    counts.set(thread, number);
    return `${thread}#${number}`;
  });
  const edges = new Set<string>();
  const causes = new HappensBefore(
    (from, to, kind) => {
      if (kind !== 'rcuReader' && kind !== 'srcuReader') edges.add(`${names[from]}>${names[to]} ${kind}`);
    },
    { objects: true },
  );
  causes.take(columns, 0, end, 0);
  return edges;
}

/** Touches nothing in common, seen strictly: other subjects, and no births, deaths, lists, queues or callbacks. */
function independent({ thread, type, subject }: StoredColumns, i: number): boolean {
  const k = i + 1;
  if (thread[i] === thread[k] || subject[i] === subject[k]) return false;
  // Tables are subjects of their own: what frees or makes one may be about the same page.
  return ![i, k].some((at) => SHARED_BY_MANY.has(type[at]));
}

const SHARED_BY_MANY: ReadonlySet<number> = new Set(
  (
    [
      'RootAllocated RootListed RootUnlinked RootFreeQueued RootFreed FreedPageTouched WorkQueued WorkStarted',
      'WorkFinished WorkFlushStarted WorkFlushEnded RcuGracePeriodStarted RcuGracePeriodEnded TableAllocated',
      'TableLinked TableUnlinked TableFreeQueued TableFreed TableFrozen TableFilled SpteChanged',
    ]
      .join(' ')
      .split(' ') as (keyof typeof E)[]
  ).map((name) => E[name]),
);

function swap(columns: StoredColumns, i: number): void {
  for (const column of Object.values(columns)) {
    if (!ArrayBuffer.isView(column)) continue;
    const words = column as Int32Array;
    [words[i], words[i + 1]] = [words[i + 1], words[i]];
  }
}

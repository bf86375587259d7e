// Blame: the table of what can change a path is held complete against whole runs; what it answers, against the states before
// and after every event.
import { describe, expect, test } from 'vitest';
import { E, EVENT_BY_CODE } from '../../../src/core/events/catalogue.js';
import { blame } from '../../../src/core/projections/blame/blame.js';
import { type ChangerQuery, changersOf } from '../../../src/core/projections/blame/changers.js';
import { type Change, changesBetween } from '../../../src/core/projections/changes.js';
import { stateView } from '../../../src/core/projections/state.js';
import { parsePath } from '../../../src/core/projections/state-paths.js';
import { simulation } from '../../support/harness.js';
import { MemoryHistory } from '../../support/history.js';

function runOf(scenario: string, protocol: string, events: number): MemoryHistory {
  const scheduler = scenario === 'boot' ? ('timed' as const) : ('random' as const);
  const limits = { events };
  return new MemoryHistory(simulation({ scenario, protocol, scheduler, seed: 3, limits, invariants: false }));
}

/** What each event of [from, to] changed, by the states before and after it. */
function changes(history: MemoryHistory, from: number, to: number): (readonly Change[])[] {
  let before = structuredClone(stateView(history.momentAt(from - 1)));
  const out: (readonly Change[])[] = [];
  for (let at = from; at <= to; at++) {
    const after = structuredClone(stateView(history.momentAt(at)));
    out.push(changesBetween(before, after));
    before = after;
  }
  return out;
}

function covers(history: MemoryHistory, query: ChangerQuery, position: number): boolean {
  const { type, subject, thread } = history.columns;
  const i = position - 1;
  return (
    (query.types?.includes(type[i]) ?? true) &&
    (query.subject === undefined || query.subject === subject[i]) &&
    (query.thread === undefined || query.thread === thread[i])
  );
}

describe('the table of changers', () => {
  test('every path that an event changes lists that event', () => {
    const missing = new Map<string, string>();
    let seen = 0;
    // (Held once for every scenario under three protocols; that takes minutes.)
    for (const [scenario, protocol, events] of [
      ['destroy-race', 'seed-draft', 1_300],
      ['busy', 'v5.18', 900],
      ['memslot-idle', 'v6.6', 500],
      ['memslot-idle', 'v6.9', 500],
    ] as const) {
      const history = runOf(scenario, protocol, events);
      const { vms, vcpus } = history.worldAt(0);
      const context = { vms, vcpus, threads: history.threads, rootAddress: -1 };
      for (const [k, changed] of changes(history, 1, history.end).entries()) {
        for (const { path } of changed) {
          seen++;
          if (changersOf(path.split('.'), context).some((query) => covers(history, query, k + 1))) continue;
          const name = EVENT_BY_CODE[history.columns.type[k]]?.name;
          missing.set(
            `${path.replaceAll(/\d+/g, 'N')} by ${name}`,
            `${scenario} ${protocol} position ${k + 1}`,
          );
        }
      }
    }
    expect(Object.fromEntries(missing)).toEqual({});
    expect(seen).toBeGreaterThan(5_000);
  });
});

describe('blame', () => {
  test('is the last event before and after which the value differs, for one path of each kind', () => {
    const history = runOf('destroy-race', 'seed-draft', 3_000);
    const changed = changes(history, 1, history.end).flatMap((list) => list.map(({ path }) => path));
    const paths = [...new Map(changed.map((path) => [path.replaceAll(/\d+/g, 'N'), path])).values()]
      // What the clocks say changes with nearly every event; a lock is named below its VM.
      .filter((path) => !/^(clocks.*|locks\.\d+)$/.test(path));
    expect(paths.length).toBeGreaterThan(30);
    const readers = paths.map((path) => parsePath(path, history.momentAt(history.end)));
    const read = (at: number): string[] => {
      const moment = history.momentAt(at);
      return readers.map((reader) => JSON.stringify(reader.read(moment)));
    };
    const values = [read(0)];
    for (let at = 1; at <= history.end; at++) values.push(read(at));
    for (const [k, path] of paths.entries()) {
      for (const at of [history.end, Math.floor(history.end / 2)]) {
        let last = at;
        while (last > 0 && values[last][k] === values[last - 1][k]) last--;
        const [change] = blame(history, { path, at }).changes;
        const where = `${path} at ${at}`;
        expect(change?.at.position ?? 0, where).toBe(last);
        expect(JSON.stringify(change?.after ?? null), where).toBe(last === 0 ? 'null' : values[last][k]);
        expect(JSON.stringify(change?.before ?? null), where).toBe(last === 0 ? 'null' : values[last - 1][k]);
      }
    }
  });

  test('the whole history of a refcount, in pages, is every change of it', () => {
    const history = runOf('destroy-race', 'seed-draft', 3_000);
    const path = 'tdp-mmus.0.roots.1.refcount';
    const expected = changes(history, 1, history.end)
      .map((changed, k) => ({
        position: k + 1,
        change: changed.find((c) => c.path.startsWith('tdp-mmus.0.roots.1')),
      }))
      .filter(({ position, change }) => {
        const read = (at: number) =>
          stateView(history.momentAt(at)).roots.find((r) => r.root === 1)?.refcount;
        return change !== undefined && read(position - 1) !== read(position);
      })
      .map(({ position }) => position)
      .reverse();
    const found: number[] = [];
    for (let at: number | null = history.end; at !== null; ) {
      const page = blame(history, { path, at, all: true, limit: 3 });
      found.push(...page.changes.map((change) => change.at.position));
      at = page.next;
    }
    expect(found).toEqual(expected);
    const [last] = blame(history, { path, at: history.end }).changes;
    expect([last.type, last.before, last.after]).toEqual(['RootFreed', 0, null]);
    const put = blame(history, { path, at: last.at.position - 1 }).changes[0];
    expect(put).toMatchObject({
      type: 'RootPut',
      before: 1,
      after: 0,
      at: { function: 'kvm_tdp_mmu_put_root' },
    });
    expect(put.at.callers.map((frame) => frame.function)).toContain('kworker');
  });

  test('one SPTE: the entry that decides about a gfn, through the tables above it', () => {
    const history = runOf('busy', 'v5.18', 12_000);
    const fixed = history.rows({ from: 1, to: history.end, limit: 200, types: [E.FaultFixed] });
    let checked = 0;
    for (let i = 0; i < fixed.length; i += 20) {
      const gfn = fixed.a[i];
      const path = `tdp-mmus.0.roots.1.spte.0x${gfn.toString(16)}`;
      const at = Math.min(history.end, fixed.position[i] + 400);
      const read = (position: number) => blame(history, { path, at: position }).value;
      const answer = blame(history, { path, at });
      const last = answer.changes[0]?.at.position ?? 0;
      // The value is what it became then, and nothing in between changed it.
      expect(answer.value).toEqual(answer.changes[0]?.after ?? null);
      for (let k = 1; k <= 8; k++) {
        const between = last + Math.floor(((at - last) * k) / 8);
        expect(read(between), `${path} between ${last} and ${at}`).toEqual(answer.value);
      }
      if (last > 0) checked++;
    }
    expect(checked).toBeGreaterThan(3);
  });

  test('errors say what is allowed where the path went wrong', () => {
    const history = runOf('smi', 'v5.18', 2_000);
    const ask = (path: string) => () => blame(history, { path, at: history.end });
    expect(ask('tdp-mmus.0.roots.1.refcnt')).toThrow(
      /"refcnt" is unknown at column 20; expected .*refcount.*spte/,
    );
    expect(ask('tdp-mmus.9.roots.1.spte.5')).toThrow(
      /"9" is unknown at column 10; expected a number from 0 to/,
    );
    expect(ask('tdp-mmus.0.roots.1.spte.x')).toThrow(/"x" is unknown at column 25; expected a gfn/);
    expect(ask('tdp-mmus.0.roots.1.spte.5.pfn')).toThrow(
      /"pfn" is unknown at column 27; expected nothing behind the gfn/,
    );
    expect(ask('tdp-mmus.0.roots.1.spte')).toThrow(/it ends at column 24; expected a gfn/);
    expect(() => blame(history, { path: 'vms.0.state', at: 5, all: true, limit: 0 })).toThrow(
      'from 1 to 500',
    );
  });

  test('what `lifecycle` does not keep is notRecorded; what it keeps is found', () => {
    const run = {
      scenario: 'busy',
      protocol: 'v6.4',
      seed: 3,
      recording: 'lifecycle',
      limits: { events: 12_000 },
    };
    const history = new MemoryHistory(simulation(run));
    for (const path of ['vcpus.0.mode', 'tdp-mmus.0.roots.1.spte.1', 'locks.0.mmu_lock.writer']) {
      expect(blame(history, { path, at: history.end }), path).toMatchObject({
        outcome: 'notRecorded',
        changes: [],
      });
    }
    const kept = blame(history, { path: 'tdp-mmus.0.roots.1.refcount', at: history.end });
    expect([kept.outcome, kept.changes.length]).toEqual(['found', 1]);
  });

  test('a root of another VM is refused, and its path named', () => {
    const history = runOf('destroy-race', 'seed-draft', 1_300);
    expect(() => blame(history, { path: 'tdp-mmus.1.roots.1.refcount', at: history.end })).toThrow(
      /root 1 belongs to tdp-mmus.0/,
    );
  });
});

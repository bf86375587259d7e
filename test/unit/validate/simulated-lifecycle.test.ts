// Event columns of a run, read as a lifecycle: hand-made rows of one root's life under both kinds of rules.
import { describe, expect, test } from 'vitest';
import { ROLE } from '../../../src/core/aggregates/role.js';
import { E } from '../../../src/core/events/catalogue.js';
import { ACCESS, CPU_STATE, EXIT } from '../../../src/core/events/constants.js';
import { type SubjectKind, subjectOf } from '../../../src/core/events/define.js';
import { HOLDER } from '../../../src/core/events/root.events.js';
import type { DictionaryEntry, StoredColumns } from '../../../src/core/run/contract.js';
import { SimulatedLifecycle } from '../../../src/core/run/validate-lifecycle.js';
import type { Lifecycle } from '../../../src/core/traces/recorded-event.js';
import { recordedFigures } from '../../../src/core/traces/recorded-figures.js';
import { rootSequences, threadSequences } from '../../../src/core/traces/recorded-sequences.js';

const VCPU0 = 1;
const WORKER = 2;
const WALK_SITE = 3;

type Row = readonly [
  type: number,
  thread: number,
  kind: SubjectKind,
  number: number,
  a?: number,
  b?: number,
  c?: number,
  site?: number,
];

function columns(rows: readonly Row[]): StoredColumns {
  const pick = (of: (row: Row) => number): number[] => rows.map(of);
  return {
    length: rows.length,
    skipped: new Float64Array(rows.length),
    timeNs: Float64Array.from(rows, (_, i) => i * 10),
    type: Uint8Array.from(pick((r) => r[0])),
    thread: Uint8Array.from(pick((r) => r[1])),
    subject: Int32Array.from(pick((r) => subjectOf(r[2], r[3]))),
    a: Int32Array.from(pick((r) => r[4] ?? 0)),
    b: Int32Array.from(pick((r) => r[5] ?? 0)),
    c: Int32Array.from(pick((r) => r[6] ?? 0)),
    site: Uint16Array.from(pick((r) => r[7] ?? 0)),
  };
}

const NAMES: readonly DictionaryEntry[] = [
  { kind: 'thread', id: 0, name: 'main' },
  { kind: 'thread', id: VCPU0, name: 'vcpu0' },
  { kind: 'thread', id: WORKER, name: 'kworker0' },
  { kind: 'site', id: 1, function: 'kvm_tdp_mmu_unmap_gfn_range', label: 'walk', parent: 0 },
  { kind: 'site', id: 2, function: 'kvm_tdp_mmu_zap_leafs', label: 'next', parent: 1 },
  { kind: 'site', id: WALK_SITE, function: 'tdp_mmu_next_root', label: 'get', parent: 2 },
];

function read(resurrects: boolean, rows: readonly Row[]): Lifecycle {
  const reader = new SimulatedLifecycle({ resurrects });
  reader.names(NAMES);
  reader.rows(columns(rows));
  return reader.lifecycle();
}

const SMM_ROLE = 4 | ROLE.SMM;

describe('roots', () => {
  test('a last put of a valid root that a worker inherits', () => {
    const lifecycle = read(true, [
      [E.RootAllocated, VCPU0, 'root', 7, 4, 1],
      [E.RootPut, VCPU0, 'root', 7, HOLDER.vcpu, 0],
      [E.RootInvalidated, VCPU0, 'root', 7, 4, 0],
      [E.RootResurrected, VCPU0, 'root', 7, HOLDER.work, 1],
      [E.RootZapScheduled, VCPU0, 'root', 7, 0, 1],
      [E.WorkQueued, VCPU0, 'root', 7],
      [E.WorkStarted, WORKER, 'root', 7],
      [E.RootZapStarted, WORKER, 'root', 7, 1, 1],
      [E.RootZapFinished, WORKER, 'root', 7, 0, 1],
      [E.RootPut, WORKER, 'root', 7, HOLDER.work, 0],
      [E.WorkFinished, WORKER, 'root', 7],
    ]);
    expect(Object.fromEntries(threadSequences(lifecycle))).toEqual({
      vcpu0: ['alloc r1 smm=0 1', 'get r1 1', 'put r1 0', 'last-put r1 1', 'invalidate r1 1', 'queue r1'],
      worker: ['work-start r1', 'zap-start r1 shared=1', 'zap-end r1', 'work-put r1 0', 'work-end r1'],
    });
    expect(recordedFigures(lifecycle)).toMatchObject({
      rootAllocations: 1,
      vcpuGets: 1,
      vcpuReuses: 0,
      vcpuPuts: 1,
      lastPutsOfValidRoots: 1,
      invalidations: 1,
      rootZaps: 1,
    });
  });

  test('with a reference of its own the TDP MMU keeps the root; walkers take and give one', () => {
    const lifecycle = read(false, [
      [E.RootAllocated, VCPU0, 'root', 7, SMM_ROLE, 2],
      [E.RootPut, VCPU0, 'root', 7, HOLDER.vcpu, 1],
      [E.RootGot, VCPU0, 'root', 7, HOLDER.vcpu, 2],
      [E.RootGot, 0, 'root', 7, HOLDER.iterator, 3, 0, WALK_SITE],
      [E.RootPut, 0, 'root', 7, HOLDER.iterator, 2, 0, WALK_SITE],
      [E.RootInvalidated, 0, 'root', 7, SMM_ROLE, 2],
      [E.RootPut, 0, 'root', 7, HOLDER.tdpMmu, 1],
      [E.RootFreed, 9, 'root', 7],
    ]);
    expect(Object.fromEntries(threadSequences(lifecycle))).toEqual({
      vcpu0: ['alloc r1 smm=1 2', 'get r1 2', 'put r1 1', 'get r1 2'],
      main: ['iter-get r1 3', 'iter-put r1 2', 'invalidate r1 2', 'own-put r1 1'],
    });
    expect(lifecycle.events.find((e) => e.type === 'iteratorGet')).toMatchObject({
      caller: 'kvm_tdp_mmu_unmap_gfn_range',
    });
    expect(lifecycle.roots).toEqual([
      { ordinal: 1, smm: true, level: 4, count: 1, valid: false, freed: true },
    ]);
  });

  test('roots are numbered by birth, whatever their subject number', () => {
    const lifecycle = read(true, [
      [E.RootAllocated, VCPU0, 'root', 40, 4, 1],
      [E.RootAllocated, VCPU0, 'root', 12, 4, 1],
    ]);
    expect([...rootSequences(lifecycle).keys()]).toEqual([1, 2]);
    expect(lifecycle.events.map((e) => ('root' in e ? e.root : null))).toEqual([1, 1, 2, 2]);
  });

  test('a kernel that frees a valid root on its last put shows a last put at 0', () => {
    const lifecycle = read(false, [
      [E.RootAllocated, VCPU0, 'root', 1, 4, 1],
      [E.RootPut, VCPU0, 'root', 1, HOLDER.vcpu, 0],
    ]);
    expect(threadSequences(lifecycle).get('vcpu0')?.slice(2)).toEqual(['put r1 0', 'last-put r1 0']);
  });
});

test('exits by the names that SVM prints', () => {
  const exits: readonly (readonly [reason: number, bits: number, access: number, name: string])[] = [
    [EXIT.EPT_VIOLATION, 8, ACCESS.EXEC, 'npf'],
    [EXIT.IO_INSTRUCTION, 0x10, ACCESS.WRITE, 'io'],
    [EXIT.RSM, 0, 0, 'rsm'],
    [EXIT.EXTERNAL_INTERRUPT, 0, 0, 'interrupt'],
    [EXIT.CR_ACCESS, 0, ACCESS.READ, 'read_cr4'],
    [EXIT.CR_ACCESS, CPU_STATE.CR4_PSE, ACCESS.WRITE, 'write_cr4'],
    [EXIT.CR_ACCESS, CPU_STATE.CR0_WP, ACCESS.WRITE, 'cr0_sel_write'],
    [EXIT.HLT, 0, 0, 'hlt'],
  ];
  const lifecycle = read(
    true,
    exits.map(([reason, bits, access]): Row => [E.VcpuExited, VCPU0, 'vcpu', 0, reason, bits, access]),
  );
  const seen = lifecycle.events.flatMap((e) => (e.type === 'exit' ? [e.reason] : []));
  expect(seen).toEqual(exits.map(([, , , name]) => name));
  expect(lifecycle.events.filter((e) => e.type === 'guestFault')).toMatchObject([
    { gpa: 0x8000, access: 'fetch', present: false },
  ]);
});

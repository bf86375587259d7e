// The drawing of a race, and one event in words.
import { expect, test } from 'vitest';
import { make_leaf_spte, make_nonleaf_spte, REMOVED_SPTE, SPTE } from '../../../src/core/aggregates/spte.js';
import { CATALOGUE, decodeEvent } from '../../../src/core/events/catalogue.js';
import { subjectOf } from '../../../src/core/events/define.js';
import { eventText, spteText } from '../../../src/core/projections/event-text.js';
import { textColumns } from '../../../src/core/projections/text-columns.js';
import { Fold } from '../../support/fold.js';

const [M, V0, K] = [0, 1, 2];
const FUNCTIONS = ['', 'kvm_tdp_mmu_invalidate_all_roots', 'tdp_mmu_zap_root_work', 'kvm_tdp_mmu_put_root'];

test('two threads, time downwards, a function named when it changes', () => {
  const f = new Fold('d').vm(1);
  const root = f.load(V0, 0);
  f.drop(V0, 0, root).on(M, 'VmUsersChanged', 0, 0).on(M, 'VmDestroyBegun', 0);
  const from = f.rows.length;
  f.site = 1;
  f.invalidate(M, root).schedule(M, root, 1).queue(M, root);
  f.site = 2;
  f.on(K, 'WorkStarted', f.serial(root), 0, 0, root).lock(K, 'read');
  f.site = 3;
  f.put(K, root, 'work');
  f.site = 1;
  f.on(M, 'FreedPageTouched', f.serial(root), 0, 0, root);
  const lines = textColumns(f.rows, from, f.rows.length, {
    threads: ['main', 'vcpu0', 'kworker0'],
    functionOf: (site) => FUNCTIONS[site],
    keep: (e) => e.type !== 'Finding',
    width: 34,
  });
  expect(lines).toEqual([
    'CPU0 (main)                         CPU1 (kworker0)',
    '----------------------------------  ----------------------------------',
    'kvm_tdp_mmu_invalidate_all_roots()',
    '  r1 role.invalid = 1, refcount 1',
    '  schedule zap of r1 with the TDP',
    '    MMU reference',
    '  queue_work r1',
    '                                    tdp_mmu_zap_root_work()',
    '                                      work of r1 starts',
    '                                      read_lock mmu_lock',
    '                                    kvm_tdp_mmu_put_root()',
    '                                      put r1: 1 -> 0 (work)',
    '  USE AFTER FREE of r1',
  ]);
});

test('without sites and names there are still columns', () => {
  const f = new Fold('d').vm(0);
  expect(textColumns(f.rows, 0, 2, { threads: [], width: 20 })).toEqual([
    'CPU0 (thread 0)',
    '-'.repeat(20),
    'VmCreated vm0',
    '  usersCount=1',
    '  level=4',
    'WorkqueueCreated vm0',
  ]);
});

test.each(CATALOGUE.map((d) => [d.name, d] as const))('%s has a text without holes', (_name, def) => {
  const columns = { type: [def.code], subject: [subjectOf(def.subject, 1)], a: [1], b: [1], c: [1] };
  const text = eventText(decodeEvent(columns, 0));
  expect(text).not.toMatch(/undefined|NaN|\[object/);
  expect(text.length).toBeGreaterThan(3);
});

test('entries', () => {
  expect([0, REMOVED_SPTE, make_nonleaf_spte(7), make_leaf_spte(18, SPTE.WRITABLE)].map(spteText)).toEqual([
    '0',
    'REMOVED',
    'table 7',
    'pfn 0x12 rw-',
  ]);
});

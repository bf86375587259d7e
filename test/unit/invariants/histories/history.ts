// What a hand-written history is, and how most of them begin.
import { expect } from 'vitest';
import { HOST_PAGE_KIND, host_page, host_page_pfn } from '../../../../src/core/aggregates/host-memory.js';
import { make_leaf_spte, SPTE } from '../../../../src/core/aggregates/spte.js';
import { Fold } from '../../../support/fold.js';

export const [M, V0, K, RCU, V1] = [0, 1, 2, 3, 4];
export const PRIVATE = host_page(HOST_PAGE_KIND.private, 1, 0);
export const LEAF = make_leaf_spte(host_page_pfn(0, PRIVATE), SPTE.WRITABLE);
export const INVALID = 0x800;

/** One vCPU with its root, slot 0 at gfn 0, page 0 mapped under it. mmu_lock is free. */
export function mapped(era: string, vcpus = 1): { f: Fold; root: number; table: number } {
  const f = new Fold(era).vm(vcpus);
  f.on(M, 'MemslotAdded', 0, 0, 16, 0);
  const root = f.load(V0, 0);
  f.lock(V0, 'read');
  const table = f.tree(V0, root);
  f.on(V0, 'HostPageChanged', 0, 0, PRIVATE).on(V0, 'SpteChanged', table, 0, 0, LEAF).unlock(V0, 'read');
  expect(f.found).toEqual([]);
  return { f, root, table };
}
export function loaded(era: string, vcpus = 1): { f: Fold; root: number } {
  const f = new Fold(era).vm(vcpus);
  const root = f.load(V0, 0);
  expect(f.found).toEqual([]);
  return { f, root };
}

export type Case = readonly [
  what: string,
  era: string,
  /** Exactly these [invariant, detail], in order of their first appearance. */
  found: readonly (readonly [number, number])[],
  history: (era: string) => Fold,
];

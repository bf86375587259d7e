// kvm_mmu_zap_oldest_mmu_pages(), __kvm_mmu_prepare_zap_page() -- arch/x86/kvm/mmu/mmu.c, v5.10
// Makes room among the shadow pages. A root in use stays where it is, but is invalid from here on, and its vCPUs are told; a table
// goes at once, and its parent's entry with it.
// Context: mmu_lock held for write. Returns nothing.
// Left out: the order of age (roots first, then tables by address), unsync pages, the limit itself (one page), the remote flush.
import { PAGE, PAGE_KIND } from '../../../../../../aggregates/layout.js';
import { role_is_direct, role_is_invalid } from '../../../../../../aggregates/role.js';
import type { World } from '../../../../../../aggregates/world.js';
import { REQ } from '../../../../../../events/constants.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

/** First valid shadow root, or -1. */
function shadow_root(w: World): number {
  for (let p = 0; p < w.layout.topology.pages; p++) {
    const role = w.pageWord(p, PAGE.ROLE);
    if (w.pageWord(p, PAGE.KIND) === PAGE_KIND.root && !role_is_direct(role) && !role_is_invalid(role))
      return p;
  }
  return -1;
}

/** Page whose entry leads to this table. */
function parent_of(w: World, table: number): number {
  return Math.floor((w.pageWord(table, PAGE.PARENT) - w.layout.entries) / w.layout.tableSize);
}

/** First table below a shadow root, or below one that is gone; -1: none. */
function shadow_table(w: World): number {
  for (let p = 0; p < w.layout.topology.pages; p++) {
    if (w.pageWord(p, PAGE.KIND) !== PAGE_KIND.table || w.pageWord(p, PAGE.LINKED) === 0) continue;
    const up = parent_of(w, p);
    const kind = w.pageWord(up, PAGE.KIND);
    if (kind === PAGE_KIND.free) return p;
    if (kind === PAGE_KIND.root && !role_is_direct(w.pageWord(up, PAGE.ROLE))) return p;
  }
  return -1;
}

export const kvm_mmu_zap_oldest_mmu_pages = procedure(
  'kvm_mmu_zap_oldest_mmu_pages',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v5.10',
    params: ['vm'],
    locals: ['root', 'table', 'parent'],
    leftOut: 'the order of age, unsync pages, the limit itself (one page), the remote flush',
  },
  {
    oldest: [
      null,
      (l) => {
        l.root = shadow_root(l.w);
        if (l.root >= 0) return 'role_invalid';
        l.table = shadow_table(l.w);
        if (l.table < 0) return ret();
        l.parent = parent_of(l.w, l.table);
        return 'drop_parent_pte';
      },
    ],
    role_invalid: [
      (l) => op.set_invalid(l.root),
      (l) => call(fn.kvm_make_all_cpus_request, 'done', l.vm, REQ.MMU_FREE_OBSOLETE_ROOTS, 0),
    ],
    drop_parent_pte: [
      (l) =>
        op.write_spte(
          l.parent,
          (l.w.pageWord(l.table, PAGE.PARENT) - l.w.layout.entries) % l.w.layout.tableSize,
          0,
        ),
      () => 'unlink',
    ],
    unlink: [(l) => op.unaccount_table(l.table), () => 'free'],
    free: [(l) => op.free_table(l.table), () => ret()],
    done: [null, () => ret()],
  },
);

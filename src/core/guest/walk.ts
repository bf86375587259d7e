// The hardware's page walk: takes no lock, may run between any two steps of anybody, and believes what it reads.

import { PAGE, SLOT, SLOT_FLAG, VCPU } from '../aggregates/layout.js';
import { role_as_id } from '../aggregates/role.js';
import { is_leaf_spte, is_mmio_spte, is_nonleaf_spte, SPTE, spte_to_child } from '../aggregates/spte.js';
import { outerLookup, pscKey, pscLookup } from '../aggregates/tlb.js';
import type { World } from '../aggregates/world.js';
import { E } from '../events/catalogue.js';
import { ACCESS, EXIT } from '../events/constants.js';
import { type Decision, S_TABLE, S_VCPU } from '../machine/batch.js';
import { touch } from '../machine/decide/roots.js';
import { guestExit } from '../machine/guest-port.js';

/** Root of the tree that the CPU walks for gfn: the mirror root stands for the external tables. */
function tree_of(w: World, vcpu: number, root: number, gfn: number): number {
  const mirror = w.vcpuWord(vcpu, VCPU.MIRROR_ROOT);
  if (mirror === 0) return root;
  const slot = w.findSlot(w.vcpuWord(vcpu, VCPU.VM), role_as_id(w.pageWord(root, PAGE.ROLE)), gfn);
  return slot >= 0 && (w.slotWord(slot, SLOT.FLAGS) & SLOT_FLAG.PRIVATE) !== 0 ? mirror - 1 : root;
}

/** True when a cached translation is good for this access; a write through one that is not dirty walks again. */
export function permits(spte: number, access: number): boolean {
  if (access === ACCESS.WRITE) {
    return (spte & (SPTE.WRITABLE | SPTE.DIRTY)) === (SPTE.WRITABLE | SPTE.DIRTY);
  }
  return spte !== 0 && (access !== ACCESS.EXEC || (spte & SPTE.EXEC) !== 0);
}

/**
 * Walks from the root (or from the deepest cached paging-structure entry) to gfn's leaf. Private memory of a VM with external page
 * tables is walked from the mirror root instead: an entry there is present once the external one is. What is cached belongs to
 * the root that the CPU was entered with, in both cases.
 * Returns 0 and caches the translation, or the packed exit. Left out: reserved bits; paging-structure entries of external tables; a TLB entry for a whole large page.
 */
export function walk(
  w: World,
  vcpu: number,
  root: number,
  gfn: number,
  access: number,
  out: Decision,
): number {
  const subject = vcpu * 16 + S_VCPU;
  const { topology } = w.layout;
  if (topology.outerEntries > 0) {
    // Below an outer hypervisor the hardware only sees ITS tables: stale as long as nobody tells it.
    const shadow = outerLookup(w, vcpu, root, gfn);
    if (shadow !== 0 && permits(shadow, access)) {
      out.emit(E.TlbFilled, subject, gfn, shadow, root);
      return 0;
    }
  }
  const from = tree_of(w, vcpu, root, gfn);
  const top = w.pageWord(from, PAGE.LEVEL);
  let table = from;
  let level = top;
  // Its key is the gfn alone: the shared bit that keeps the two trees apart in hardware is not part of it.
  const caches = topology.pscEntries > 0 && from === root;
  if (caches) {
    for (let l = 2; l <= top; l++) {
      const child = pscLookup(w, vcpu, root, gfn, l);
      if (child < 0) continue;
      table = child;
      level = l - 1;
      break;
    }
  }
  for (;;) {
    touch(w, table, out);
    const index = w.indexAt(gfn, level);
    const spte = w.spte(table, index);
    if (is_nonleaf_spte(spte) && level > 1) {
      // KVM installs them with the accessed bit set; only a bit that is clear makes the hardware write.
      if ((spte & SPTE.ACCESSED) === 0) {
        out.emit(E.SpteChanged, table * 16 + S_TABLE, index, spte, spte | SPTE.ACCESSED);
      }
      table = spte_to_child(spte);
      if (caches) out.emit(E.PagingStructureCached, subject, pscKey(w, gfn, level), table, root);
      level--;
      continue;
    }
    if (is_leaf_spte(spte)) {
      const allowed =
        access === ACCESS.WRITE
          ? (spte & SPTE.WRITABLE) !== 0
          : access !== ACCESS.EXEC || (spte & SPTE.EXEC) !== 0;
      if (!allowed) return guestExit(EXIT.EPT_VIOLATION, access | ACCESS.PRESENT, gfn);
      const used = spte | SPTE.ACCESSED | (access === ACCESS.WRITE ? SPTE.DIRTY : 0);
      if (used !== spte) out.emit(E.SpteChanged, table * 16 + S_TABLE, index, spte, used);
      if (topology.outerEntries > 0) out.emit(E.OuterShadowFilled, subject, gfn, used, root);
      out.emit(E.TlbFilled, subject, gfn, used, root);
      return 0;
    }
    if (is_mmio_spte(spte)) return guestExit(EXIT.EPT_MISCONFIG, access, gfn);
    return guestExit(EXIT.EPT_VIOLATION, access, gfn);
  }
}

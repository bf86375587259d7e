// kvm_set_memory_region() -- virt/kvm/kvm_main.c, v5.18 (as of v6.3-rc); __kvm_set_memory_region and kvm_set_memslot in it
// KVM_SET_USER_MEMORY_REGION: pages 0 deletes; a known slot is moved or gets other flags; a new one is added (no zap).
// Context: process; takes slots_lock. Returns 0, -EINVAL (nothing to delete; other size, memory or READONLY flag than the
// slot has; memory outside of the process) or -EEXIST (overlaps a slot of its address space).
// Left out: alignment and size limits, the allocations (rmap, dirty bitmap), private copies of the slot arrays.
import { LOCK_KIND, SLOT, SLOT_FLAG, SLOT_STATE } from '../../../../aggregates/layout.js';
import type { World } from '../../../../aggregates/world.js';
import { E } from '../../../../events/catalogue.js';
import { op } from '../../../../machine/op.js';
import { call, procedure, ret } from '../../../../machine/procedure.js';
import { fn } from '../../../functions.js';
import { MEMSLOT_CHANGE } from './kvm_swap_active_memslots.js';

const EEXIST = 17;
const EINVAL = 22;

interface Region {
  readonly slotId: number;
  readonly baseGfn: number;
  readonly pages: number;
  readonly hvaPage: number;
  readonly flags: number;
}

/** The MEMSLOT_CHANGE that is asked for, 0 when there is nothing to do, or -errno. Under slots_lock. */
function change_of(w: World, r: Region): number {
  const known = w.slotWord(r.slotId, SLOT.STATE) !== SLOT_STATE.none;
  if (r.pages === 0) return known ? MEMSLOT_CHANGE.DELETE : -EINVAL;
  if (r.pages < 0 || r.baseGfn < 0 || r.hvaPage < 0 || r.hvaPage + r.pages > w.hostPages) return -EINVAL;
  if (!known) return overlaps(w, r) ? -EEXIST : MEMSLOT_CHANGE.CREATE;
  const flags = w.slotWord(r.slotId, SLOT.FLAGS);
  if (
    r.hvaPage !== w.slotWord(r.slotId, SLOT.HVA_PAGE) ||
    r.pages !== w.slotWord(r.slotId, SLOT.PAGES) ||
    ((r.flags ^ flags) & SLOT_FLAG.READONLY) !== 0
  ) {
    return -EINVAL;
  }
  if (r.baseGfn !== w.slotWord(r.slotId, SLOT.BASE_GFN))
    return overlaps(w, r) ? -EEXIST : MEMSLOT_CHANGE.MOVE;
  return r.flags !== flags ? MEMSLOT_CHANGE.FLAGS_ONLY : 0;
}

function overlaps(w: World, r: Region): boolean {
  const first = r.slotId - (r.slotId % w.slotsPerAddressSpace);
  for (let id = first; id < first + w.slotsPerAddressSpace; id++) {
    if (id === r.slotId || w.slotWord(id, SLOT.STATE) === SLOT_STATE.none) continue;
    const base = w.slotWord(id, SLOT.BASE_GFN);
    if (base < r.baseGfn + r.pages && r.baseGfn < base + w.slotWord(id, SLOT.PAGES)) return true;
  }
  return false;
}

export const kvm_set_memory_region = procedure(
  'kvm_set_memory_region',
  {
    file: 'virt/kvm/kvm_main.c',
    since: 'v5.18',
    params: ['vm', 'slotId', 'baseGfn', 'pages', 'hvaPage', 'flags'],
    locals: ['change', 'oldBase', 'oldPages', 'oldFlags', 'result'],
    leftOut:
      'alignment and size limits, the allocations (rmap, dirty bitmap), private copies of the slot arrays',
  },
  {
    slots_lock: [
      (l) => op.mutex_lock(l.w.lockId(l.vm, LOCK_KIND.slots_lock)),
      (l) => {
        const change = change_of(l.w, l);
        if (change <= 0) {
          l.result = change;
          return 'slots_unlock';
        }
        l.change = change;
        l.oldBase = l.w.slotWord(l.slotId, SLOT.BASE_GFN);
        l.oldPages = l.w.slotWord(l.slotId, SLOT.PAGES);
        l.oldFlags = l.w.slotWord(l.slotId, SLOT.FLAGS);
        return 'slots_arch_lock';
      },
    ],
    // Released by kvm_swap_active_memslots.
    slots_arch_lock: [
      (l) => op.mutex_lock(l.w.lockId(l.vm, LOCK_KIND.slots_arch_lock)),
      (l) =>
        l.change === MEMSLOT_CHANGE.DELETE || l.change === MEMSLOT_CHANGE.MOVE
          ? call(fn.kvm_invalidate_memslot, 'publish', l.vm, l.slotId)
          : l.change === MEMSLOT_CHANGE.CREATE && l.flags !== 0
            ? 'new_slot_flags'
            : 'publish',
    ],
    // Nobody can see a slot that is not published.
    new_slot_flags: [(l) => op.slot_event(E.MemslotFlagsChanged, l.slotId, l.flags, 0), () => 'publish'],
    publish: [
      null,
      (l) => {
        switch (l.change) {
          case MEMSLOT_CHANGE.CREATE:
            return swap(l, l.baseGfn, l.pages, l.hvaPage);
          case MEMSLOT_CHANGE.DELETE:
            return swap(l, l.oldBase, l.oldPages, 0);
          case MEMSLOT_CHANGE.MOVE:
            return swap(l, l.baseGfn, l.oldBase, 0);
          default:
            return swap(l, l.flags, l.oldFlags, 0);
        }
      },
    ],
    commit: [
      null,
      (l) =>
        l.change === MEMSLOT_CHANGE.FLAGS_ONLY && (l.flags & SLOT_FLAG.READONLY) === 0
          ? call(fn.kvm_mmu_slot_apply_flags, 'slots_unlock', l.vm, l.slotId, l.oldFlags, l.flags)
          : 'slots_unlock',
    ],
    slots_unlock: [(l) => op.mutex_unlock(l.w.lockId(l.vm, LOCK_KIND.slots_lock)), (l) => ret(l.result)],
  },
);

function swap(
  l: { vm: number; slotId: number; change: number },
  a: number,
  b: number,
  c: number,
): ReturnType<typeof call<'commit'>> {
  return call(fn.kvm_swap_active_memslots, 'commit', l.vm, l.slotId, l.change, a, b, c);
}

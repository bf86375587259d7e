// VMs, memslots, notifiers, host memory, user-space threads.
import type { Evolver } from './evolver.js';
import { tellsOnly } from './evolver.js';
import { ADDRESS_SPACES, PAGE, SLOT, SLOT_FLAG, SLOT_STATE, THREAD, VCPU, VM, VM_STATE } from './layout.js';
import { forgetRange } from './tlb.js';
import type { World } from './world.js';

function slotAs(w: World, id: number): number {
  return Math.floor(id / w.slotsPerAddressSpace) % ADDRESS_SPACES;
}

/** Offset of the dirty bit's word, and the bit, of host page p seen through address space `as`. */
export function dirtyWord(w: World, asId: number, p: number): number {
  return w.layout.dirty + asId * w.layout.dirtyWords + (p >>> 5);
}

function clearDirty(w: World, id: number, page: number): void {
  w.s[dirtyWord(w, slotAs(w, id), page)] &= ~(1 << (page & 31));
}

export const vmEvolvers = {
  VmCreated(w, _t, n, usersCount, level) {
    const at = w.vm(n);
    w.s[at + VM.STATE] = VM_STATE.live;
    w.s[at + VM.USERS_COUNT] = usersCount;
    w.s[at + VM.LEVEL] = level;
  },
  VmCreateFailed(w, _t, n) {
    w.s[w.vm(n) + VM.STATE] = VM_STATE.destroyed;
  },
  VmUsersChanged(w, _t, n, usersCount) {
    w.s[w.vm(n) + VM.USERS_COUNT] = usersCount;
  },
  VmDestroyBegun(w, _t, n) {
    w.s[w.vm(n) + VM.STATE] = VM_STATE.destroying;
  },
  VmDestroyed(w, _t, n) {
    w.s[w.vm(n) + VM.STATE] = VM_STATE.destroyed;
  },
  VmBugged(w, _t, n) {
    w.s[w.vm(n) + VM.BUGGED] = 1;
    w.s[w.vm(n) + VM.DEAD] = 1;
  },
  MemslotAdded(w, _t, id, baseGfn, pages, hvaPage) {
    const at = w.slot(id);
    w.s[at + SLOT.STATE] = SLOT_STATE.active;
    w.s[at + SLOT.BASE_GFN] = baseGfn;
    w.s[at + SLOT.PAGES] = pages;
    w.s[at + SLOT.HVA_PAGE] = hvaPage;
    // FLAGS are there already: they are set while nobody can see the slot yet.
    if ((w.s[at + SLOT.FLAGS] & SLOT_FLAG.LOG_DIRTY_PAGES) !== 0) {
      for (let p = hvaPage; p < hvaPage + pages; p++) clearDirty(w, id, p);
    }
  },
  MemslotInvalidated(w, _t, id) {
    w.s[w.slot(id) + SLOT.STATE] = SLOT_STATE.invalid;
  },
  MemslotDeleted(w, _t, id) {
    w.s.fill(0, w.slot(id), w.slot(id) + SLOT.WORDS);
  },
  MemslotMoved(w, _t, id, baseGfn) {
    w.s[w.slot(id) + SLOT.STATE] = SLOT_STATE.active;
    w.s[w.slot(id) + SLOT.BASE_GFN] = baseGfn;
  },
  MemslotFlagsChanged(w, _t, id, flags, before) {
    const at = w.slot(id);
    w.s[at + SLOT.FLAGS] = flags;
    // A new dirty bitmap starts empty.
    if ((flags & ~before & SLOT_FLAG.LOG_DIRTY_PAGES) !== 0) {
      const from = w.s[at + SLOT.HVA_PAGE];
      for (let p = from; p < from + w.s[at + SLOT.PAGES]; p++) clearDirty(w, id, p);
    }
  },
  FastZapBegun: tellsOnly,
  FastZapEnded: tellsOnly,
  ZapAllBegun: tellsOnly,
  ZapAllEnded(w, _t, n) {
    // Only a dying address space zaps all: what comes after release need not run it again.
    w.s[w.vm(n) + VM.RELEASED] = 1;
  },
  ValidGenToggled(w, _t, n, validGen) {
    w.s[w.vm(n) + VM.VALID_GEN] = validGen;
  },
  WorkqueueCreated(w, _t, n) {
    w.s[w.vm(n) + VM.WQ] = 1;
  },
  WorkqueueDestroyed(w, _t, n) {
    w.s[w.vm(n) + VM.WQ] = 0;
  },
  WorkFlushStarted(w, _t, n) {
    // The flusher waits for the items that are queued or running now, not for later ones.
    const { s } = w;
    const at = w.vm(n);
    for (let p = s[at + VM.WQ_HEAD]; p !== 0; p = s[w.page(p - 1) + PAGE.WORK_NEXT]) {
      if (s[w.page(p - 1) + PAGE.WORK_FLUSH] === 0) s[at + VM.WQ_FLUSHERS]++;
      s[w.page(p - 1) + PAGE.WORK_FLUSH] = 1;
    }
    for (let t = 0; t < w.threads; t++) {
      const th = w.thread(t);
      if (s[th + THREAD.WORK_VM] !== n + 1) continue;
      if (s[th + THREAD.WORK_FLUSH] === 0) s[at + VM.WQ_FLUSHERS]++;
      s[th + THREAD.WORK_FLUSH] = 1;
    }
  },
  WorkFlushEnded: tellsOnly,
  NotifierBegun(w, _t, n, start, end, inProgress) {
    const at = w.vm(n);
    const first = inProgress === 1;
    w.s[at + VM.IN_PROGRESS] = inProgress;
    // kvm_mmu_invalidate_range_add: overlapping invalidations share one range that covers them all.
    w.s[at + VM.RANGE_START] = first ? start : Math.min(w.s[at + VM.RANGE_START], start);
    w.s[at + VM.RANGE_END] = first ? end : Math.max(w.s[at + VM.RANGE_END], end);
  },
  NotifierEnded(w, _t, n, seq, inProgress) {
    const at = w.vm(n);
    w.s[at + VM.INVALIDATE_SEQ] = seq;
    w.s[at + VM.IN_PROGRESS] = inProgress;
  },
  NotifierCountChanged(w, _t, n, active) {
    w.s[w.vm(n) + VM.MN_ACTIVE] = active;
  },
  SlotsGenerationChanged(w, _t, n, generation) {
    w.s[w.vm(n) + VM.SLOTS_GEN] = generation;
  },
  HostPageChanged(w, _t, page, _before, after) {
    w.s[w.hostPage(page)] = after;
  },
  DirtyMarked(w, _t, id, gfn) {
    const p = w.slotWord(id, SLOT.HVA_PAGE) + gfn - w.slotWord(id, SLOT.BASE_GFN);
    w.s[dirtyWord(w, slotAs(w, id), p)] |= 1 << (p & 31);
  },
  DirtyBitsCleared(w, _t, id, gfn, low, high) {
    const first = w.slotWord(id, SLOT.HVA_PAGE) + gfn - w.slotWord(id, SLOT.BASE_GFN);
    for (let k = 0; k < 64; k++) {
      if (((k < 32 ? low : high) & (1 << (k & 31))) !== 0) clearDirty(w, id, first + k);
    }
  },
  DirtyLogTaken: tellsOnly,
  IoctlBegun: tellsOnly,
  IoctlEnded: tellsOnly,
  BarrierReached(w, t, _n, barrier, arrived) {
    w.s[w.layout.barrier + barrier] = arrived;
    w.s[w.thread(t) + THREAD.AT_BARRIER] = barrier + 1;
  },
  CommandArrived(w, _t, thread, number, _command, at) {
    w.s[w.thread(thread) + THREAD.COMMAND] = number;
    w.s[w.thread(thread) + THREAD.COMMAND_AT] = at;
  },
  CommandDone(w, t) {
    w.s[w.thread(t) + THREAD.COMMAND] = 0;
    w.s[w.thread(t) + THREAD.COMMAND_AT] = 0;
  },
  ThreadEnded(w, t) {
    w.s[w.thread(t) + THREAD.ENDED] = 1;
  },
  ThreadSlept: tellsOnly,
  RemoteFlushBegun: tellsOnly,
  RemoteFlushEnded: tellsOnly,
  RangeFlushed(w, _t, n, gfn, pages) {
    for (let v = 0; v < w.vcpus; v++) if (w.vcpuWord(v, VCPU.VM) === n) forgetRange(w, v, gfn, pages);
  },
  WalkRestarted: tellsOnly,
  Finding: tellsOnly,
  AssertionFired: tellsOnly,
  Counted: tellsOnly,
} satisfies Record<string, Evolver>;

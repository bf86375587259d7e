// Roots, page tables and the page pool.
import type { Evolver } from './evolver.js';
import { tellsOnly } from './evolver.js';
import {
  MACHINE,
  PAGE,
  PAGE_KIND,
  RCU_STATE,
  THREAD,
  UNKNOWN_COUNT,
  UNKNOWN_ROOT,
  VCPU,
  VCPU_STATE,
  VM,
  WORK,
} from './layout.js';
import { is_shadow_present_pte, spte_plus_pages } from './spte.js';
import type { World } from './world.js';

const HOLD_FIELDS = [PAGE.HOLD_VCPU, PAGE.HOLD_ITERATOR, PAGE.HOLD_TDP_MMU, PAGE.HOLD_WORK];
const HOLD_FIELD = [0, ...HOLD_FIELDS];

function takePage(w: World, address: number): number {
  const { s } = w;
  const at = w.page(address);
  if (s[MACHINE.FREE_PAGE] === address + 1) s[MACHINE.FREE_PAGE] = s[at + PAGE.NEXT];
  s[MACHINE.PAGES_USED]++;
  if (address + 1 > s[MACHINE.PAGES_HIGH]) s[MACHINE.PAGES_HIGH] = address + 1;
  s.fill(0, at, at + PAGE.WORDS);
  return at;
}

function freePage(w: World, address: number): void {
  const { s } = w;
  const at = w.page(address);
  const from = w.entry(address, 0);
  s.fill(0, from, from + w.tableMask + 1);
  s[at + PAGE.KIND] = PAGE_KIND.free;
  s[at + PAGE.RCU] = RCU_STATE.none;
  s[at + PAGE.NEXT] = s[MACHINE.FREE_PAGE];
  s[MACHINE.FREE_PAGE] = address + 1;
  s[MACHINE.PAGES_USED]--;
}

/** call_rcu: the page joins the callbacks that wait for a grace period that has not begun. */
function queueForRcu(w: World, address: number): void {
  const { s } = w;
  const at = w.page(address);
  s[at + PAGE.RCU] = RCU_STATE.queued;
  s[at + PAGE.RCU_NEXT] = 0;
  const tail = s[MACHINE.GP_NEXT_TAIL];
  if (tail === 0) s[MACHINE.GP_NEXT] = address + 1;
  else s[w.page(tail - 1) + PAGE.RCU_NEXT] = address + 1;
  s[MACHINE.GP_NEXT_TAIL] = address + 1;
  s[MACHINE.GP_NEXT_COUNT]++;
}

/** The RCU callback at the head of the ready ones ran. */
function leaveRcu(w: World, address: number): void {
  const { s } = w;
  s[MACHINE.GP_DONE] = s[w.page(address) + PAGE.RCU_NEXT];
  if (s[MACHINE.GP_DONE] === 0) s[MACHINE.GP_DONE_TAIL] = 0;
  s[MACHINE.GP_DONE_COUNT]--;
}

function setRefcount(w: World, address: number, holder: number, refcount: number, by: number): void {
  const at = w.page(address);
  w.s[at + PAGE.REFCOUNT] = refcount;
  // Who holds what is not known where the count is not.
  if (refcount !== UNKNOWN_COUNT) w.s[at + HOLD_FIELD[holder]] += by;
}

export const tdpMmuEvolvers = {
  RootAllocated(w, _t, n, role, refcount, address) {
    const { s } = w;
    const at = takePage(w, address);
    s[at + PAGE.KIND] = PAGE_KIND.root;
    s[at + PAGE.SERIAL] = n;
    s[at + PAGE.ROLE] = role;
    s[at + PAGE.LEVEL] = role & 0xf;
    s[at + PAGE.REFCOUNT] = refcount;
    s[at + PAGE.HOLD_VCPU] = refcount === UNKNOWN_COUNT ? 0 : 1;
    s[at + PAGE.HOLD_TDP_MMU] = refcount === UNKNOWN_COUNT ? 0 : refcount - 1;
    s[MACHINE.NEXT_ROOT] = n + 1;
    s[MACHINE.ROOT_ALLOCATIONS]++;
    s[MACHINE.LIVE_ROOTS]++;
  },
  RootFound(w, _t, n, role, refcount, address) {
    const { s } = w;
    const at = takePage(w, address);
    s[at + PAGE.KIND] = PAGE_KIND.root;
    s[at + PAGE.SERIAL] = n;
    s[at + PAGE.ROLE] = role;
    s[at + PAGE.LEVEL] = role & 0xf;
    s[at + PAGE.REFCOUNT] = refcount;
    s[MACHINE.NEXT_ROOT] = n + 1;
    s[MACHINE.LIVE_ROOTS]++;
  },
  TraceGap(w) {
    const { s } = w;
    for (let address = 0; address < s[MACHINE.PAGES_HIGH]; address++) {
      const at = w.page(address);
      if (s[at + PAGE.KIND] !== PAGE_KIND.root) continue;
      s[at + PAGE.REFCOUNT] = UNKNOWN_COUNT;
      for (const field of HOLD_FIELDS) s[at + field] = 0;
    }
    for (let vcpu = 0; vcpu < w.vcpus; vcpu++) {
      if (w.vcpuWord(vcpu, VCPU.STATE) === VCPU_STATE.live) s[w.vcpu(vcpu) + VCPU.ROOT] = UNKNOWN_ROOT;
    }
  },
  RootListed(w, _t, _n, vm, _roots, address) {
    const { s } = w;
    const at = w.page(address);
    const v = w.vm(vm);
    const head = s[v + VM.ROOTS_HEAD];
    s[at + PAGE.VM] = vm;
    s[at + PAGE.LISTED] = 1;
    s[at + PAGE.NEXT] = head;
    s[at + PAGE.PREV] = 0;
    if (head !== 0) s[w.page(head - 1) + PAGE.PREV] = address + 1;
    else s[v + VM.ROOTS_TAIL] = address + 1;
    s[v + VM.ROOTS_HEAD] = address + 1;
    s[v + VM.ROOTS]++;
  },
  RootGot(w, _t, _n, holder, refcount, address) {
    setRefcount(w, address, holder, refcount, 1);
  },
  RootGetRefused: tellsOnly,
  RootPut(w, _t, _n, holder, refcount, address) {
    setRefcount(w, address, holder, refcount, -1);
  },
  RootReferenceKept(w, _t, _n, holder, _refcount, address) {
    const at = w.page(address);
    w.s[at + PAGE.HOLD_ITERATOR]--;
    w.s[at + HOLD_FIELD[holder]]++;
  },
  RootInvalidated(w, _t, _n, role, _refcount, address) {
    w.s[w.page(address) + PAGE.ROLE] = role;
  },
  RootResurrected(w, _t, _n, holder, refcount, address) {
    setRefcount(w, address, holder, refcount, 1);
  },
  RootZapScheduled(w, _t, _n, gift, _refcount, address) {
    const at = w.page(address);
    w.s[at + PAGE.SCHEDULED] = 1;
    if (gift === 1) {
      w.s[at + PAGE.HOLD_TDP_MMU]--;
      w.s[at + PAGE.HOLD_WORK]++;
    }
  },
  RootZapTaken(w, _t, _n, _flag, _refcount, address) {
    w.s[w.page(address) + PAGE.SCHEDULED] = 0;
  },
  RootZapStarted(w, _t, _n, _shared, _refcount, address) {
    w.s[w.page(address) + PAGE.ZAPPING]++;
  },
  RootZapYielded: tellsOnly,
  RootZapFinished(w, _t, _n, _sptes, _refcount, address) {
    w.s[w.page(address) + PAGE.ZAPPING]--;
  },
  RootUnlinked(w, _t, _n, vm, _roots, address) {
    const { s } = w;
    const at = w.page(address);
    const v = w.vm(vm);
    const next = s[at + PAGE.NEXT];
    const prev = s[at + PAGE.PREV];
    if (prev !== 0) s[w.page(prev - 1) + PAGE.NEXT] = next;
    else s[v + VM.ROOTS_HEAD] = next;
    if (next !== 0) s[w.page(next - 1) + PAGE.PREV] = prev;
    else s[v + VM.ROOTS_TAIL] = prev;
    // list_del_rcu leaves `next` in place for readers that stand here.
    s[at + PAGE.PREV] = 0;
    s[at + PAGE.LISTED] = 0;
    s[v + VM.ROOTS]--;
  },
  RootFreeQueued(w, _t, _n, _present, _refcount, address) {
    queueForRcu(w, address);
  },
  RootFreed(w, _t, _n, _role, _present, address) {
    // v5.10 frees a root at once; later kernels from RCU.
    if (w.s[w.page(address) + PAGE.RCU] !== RCU_STATE.none) leaveRcu(w, address);
    freePage(w, address);
    w.s[MACHINE.LIVE_ROOTS]--;
  },
  FreedPageTouched: tellsOnly,

  TableAllocated(w, _t, address, level, gfn, vm) {
    const { s } = w;
    const at = takePage(w, address);
    s[at + PAGE.KIND] = PAGE_KIND.table;
    s[at + PAGE.LEVEL] = level;
    s[at + PAGE.GFN] = gfn;
    s[at + PAGE.VM] = vm;
  },
  TableLinked(w, _t, address, parent, index) {
    const at = w.page(address);
    w.s[at + PAGE.PARENT] = w.entry(parent, index);
    w.s[at + PAGE.LINKED] = 1;
    w.s[w.vm(w.s[at + PAGE.VM]) + VM.TDP_MMU_PAGES]++;
  },
  TableUnlinked(w, _t, address) {
    const at = w.page(address);
    w.s[at + PAGE.LINKED] = 0;
    w.s[at + PAGE.PARENT] = 0;
    w.s[w.vm(w.s[at + PAGE.VM]) + VM.TDP_MMU_PAGES]--;
  },
  TableFreeQueued(w, _t, address) {
    queueForRcu(w, address);
  },
  TableFreed(w, _t, address) {
    // A table that lost the race to be linked, and any in v5.10, is freed at once; the others come from RCU.
    if (w.s[w.page(address) + PAGE.RCU] !== RCU_STATE.none) leaveRcu(w, address);
    freePage(w, address);
  },
  TableFrozen(w, _t, address) {
    w.s[w.page(address) + PAGE.FROZEN] = 1;
  },
  TableFilled(w, _t, address, first, stride) {
    const { s } = w;
    const from = w.entry(address, 0);
    for (let i = 0; i <= w.tableMask; i++) s[from + i] = spte_plus_pages(first, i * stride);
    s[w.page(address) + PAGE.PRESENT] = w.tableMask + 1;
  },
  SpteChanged(w, _t, address, index, before, after) {
    w.s[w.entry(address, index)] = after;
    const by = (is_shadow_present_pte(after) ? 1 : 0) - (is_shadow_present_pte(before) ? 1 : 0);
    if (by !== 0) w.s[w.page(address) + PAGE.PRESENT] += by;
  },

  WorkQueued(w, _t, _n, vm, _pending, address) {
    const { s } = w;
    const at = w.page(address);
    const v = w.vm(vm);
    s[at + PAGE.WORK] = WORK.queued;
    s[at + PAGE.WORK_NEXT] = 0;
    const tail = s[v + VM.WQ_TAIL];
    if (tail === 0) s[v + VM.WQ_HEAD] = address + 1;
    else s[w.page(tail - 1) + PAGE.WORK_NEXT] = address + 1;
    s[v + VM.WQ_TAIL] = address + 1;
    s[v + VM.WQ_PENDING]++;
  },
  WorkStarted(w, t, n, vm, _pending, address) {
    const { s } = w;
    const at = w.page(address);
    const v = w.vm(vm);
    const th = w.thread(t);
    s[v + VM.WQ_HEAD] = s[at + PAGE.WORK_NEXT];
    if (s[v + VM.WQ_HEAD] === 0) s[v + VM.WQ_TAIL] = 0;
    s[v + VM.WQ_PENDING]--;
    s[v + VM.WQ_RUNNING]++;
    // From here on the item belongs to the worker: it may free its own root, and the page may be handed out again
    // before the item is done.
    s[at + PAGE.WORK] = WORK.idle;
    s[th + THREAD.WORK_VM] = vm + 1;
    s[th + THREAD.WORK_SERIAL] = n;
    s[th + THREAD.WORK_FLUSH] = s[at + PAGE.WORK_FLUSH];
    s[at + PAGE.WORK_FLUSH] = 0;
  },
  WorkFinished(w, t, _n, vm) {
    const { s } = w;
    const v = w.vm(vm);
    const th = w.thread(t);
    s[v + VM.WQ_RUNNING]--;
    if (s[th + THREAD.WORK_FLUSH] !== 0) s[v + VM.WQ_FLUSHERS]--;
    s[th + THREAD.WORK_VM] = 0;
    s[th + THREAD.WORK_SERIAL] = 0;
    s[th + THREAD.WORK_FLUSH] = 0;
  },
} satisfies Record<string, Evolver>;

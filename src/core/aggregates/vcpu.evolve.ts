// vCPUs, their TLBs and the outer hypervisor's shadow.
import { CPU_STATE, FLUSH, MODE } from '../events/constants.js';
import type { Evolver } from './evolver.js';
import { tellsOnly } from './evolver.js';
import { OUTER_ROOTS, ROOT_SLOTS, TLB_WORDS, VCPU, VCPU_STATE, VM } from './layout.js';
import { tlbSlot } from './tlb.js';
import type { World } from './world.js';

function set(w: World, vcpu: number, field: number, value: number): void {
  w.s[w.vcpu(vcpu) + field] = value;
}

function clearCaches(w: World, vcpu: number): void {
  const { layout, s } = w;
  const t = layout.topology;
  const tlb = layout.tlb + vcpu * t.tlbEntries * TLB_WORDS;
  s.fill(0, tlb, tlb + t.tlbEntries * TLB_WORDS);
  const psc = layout.psc + vcpu * t.pscEntries * TLB_WORDS;
  s.fill(0, psc, psc + t.pscEntries * TLB_WORDS);
}

/** Forgets what is tagged with this root only. */
function clearTag(w: World, base: number, entries: number, tag: number): void {
  for (let at = base; at < base + entries * TLB_WORDS; at += TLB_WORDS) {
    if (w.s[at] === tag) w.s.fill(0, at, at + TLB_WORDS);
  }
}

export const vcpuEvolvers = {
  VcpuCreated(w, _t, n, vm, index) {
    const at = w.vcpu(n);
    // An imported trace may tell a vCPU's index later than the vCPU.
    if (w.s[at + VCPU.STATE] !== VCPU_STATE.live) w.s[w.vm(vm) + VM.CREATED_VCPUS]++;
    w.s[at + VCPU.STATE] = VCPU_STATE.live;
    w.s[at + VCPU.VM] = vm;
    w.s[at + VCPU.INDEX] = index;
  },
  VcpuDestroyed(w, _t, n) {
    set(w, n, VCPU.STATE, VCPU_STATE.destroyed);
  },
  VcpuEntered(w, _t, n, _role, _requests, address) {
    const at = w.vcpu(n);
    w.s[at + VCPU.ENTERED_ROOT] = address + 1;
    w.s[at + VCPU.HAS_RUN] = 1;
  },
  VcpuExited(w, _t, n) {
    const at = w.vcpu(n);
    w.s[at + VCPU.MODE] = MODE.OUTSIDE_GUEST_MODE;
    w.s[at + VCPU.KICKED] = 0;
    w.s[at + VCPU.ENTERED_ROOT] = 0;
    w.s[at + VCPU.DR_LOADED] = 0;
    w.s[at + VCPU.EXITS_SINCE_PROGRESS]++;
  },
  SmmEntered: tellsOnly,
  SmmLeft: tellsOnly,
  ContextReset: tellsOnly,
  RootLoaded(w, _t, n, slot, _role, address) {
    set(w, n, ROOT_SLOTS[slot], address + 1);
  },
  RootDropped(w, _t, n, slot) {
    set(w, n, ROOT_SLOTS[slot], 0);
  },
  RoleComputed(w, _t, n, role) {
    set(w, n, VCPU.ROLE, role);
  },
  RootsRotated(w, _t, n, slot) {
    // The current root becomes prev_roots[0], the ones before `slot` move back by one, `slot` becomes current.
    const at = w.vcpu(n) + VCPU.ROOT;
    const chosen = w.s[at + slot];
    for (let k = slot; k > 0; k--) w.s[at + k] = w.s[at + k - 1];
    w.s[at] = chosen;
  },
  GuestStateChanged(w, _t, n, state, before) {
    if ((state & ~before & CPU_STATE.SMM) !== 0) set(w, n, VCPU.SMM_SAVED_STATE, before);
    set(w, n, VCPU.CPU_STATE, state);
  },
  Milestone: tellsOnly,
  SmiRequested(w, _t, n, asynchronous, pending) {
    set(w, n, VCPU.SMI_ASYNCHRONOUS, asynchronous);
    set(w, n, VCPU.PENDING_SMI, Math.min(2, pending + 1));
  },
  SmiTaken(w, _t, n, pending) {
    set(w, n, VCPU.PENDING_SMI, pending);
  },
  ProgressLost: tellsOnly,
  FaultBegun: tellsOnly,
  FaultFixed: tellsOnly,
  FaultSpurious: tellsOnly,
  FaultRetried: tellsOnly,
  FaultEmulated(w, _t, n, gfn) {
    set(w, n, VCPU.EMULATED, gfn + 1);
  },
  RequestMade(w, _t, n, _request, requests) {
    set(w, n, VCPU.REQUESTS, requests);
  },
  RequestTaken(w, _t, n, _request, requests) {
    set(w, n, VCPU.REQUESTS, requests);
  },
  IpiSent(w, _t, n) {
    const at = w.vcpu(n);
    w.s[at + VCPU.KICKED] = 1;
    w.s[at + VCPU.MODE] = MODE.EXITING_GUEST_MODE;
  },
  ModeChanged(w, _t, n, mode) {
    set(w, n, VCPU.MODE, mode);
    // Backing out at the entry gate answers the IPI as an exit does.
    if (mode === MODE.OUTSIDE_GUEST_MODE) set(w, n, VCPU.KICKED, 0);
  },
  GuestRetired(w, _t, n) {
    set(w, n, VCPU.EXITS_SINCE_PROGRESS, 0);
    set(w, n, VCPU.EMULATED, 0);
  },
  TlbFilled(w, _t, n, gfn, spte, address) {
    const at = tlbSlot(w, n, gfn);
    w.s[at] = address + 1;
    w.s[at + 1] = gfn;
    w.s[at + 2] = spte;
  },
  PagingStructureCached(w, _t, n, key, table, address) {
    const t = w.layout.topology;
    const at = w.layout.psc + (n * t.pscEntries + (key & (t.pscEntries - 1))) * TLB_WORDS;
    w.s[at] = address + 1;
    w.s[at + 1] = key;
    w.s[at + 2] = table;
  },
  TlbFlushed(w, _t, n, scope, address) {
    const { layout } = w;
    const t = layout.topology;
    if (scope === FLUSH.ALL || scope === FLUSH.GUEST || address === 0) {
      clearCaches(w, n);
    } else {
      clearTag(w, layout.tlb + n * t.tlbEntries * TLB_WORDS, t.tlbEntries, address);
      clearTag(w, layout.psc + n * t.pscEntries * TLB_WORDS, t.pscEntries, address);
    }
  },
  OuterShadowFilled(w, _t, n, gfn, spte, address) {
    const t = w.layout.topology;
    const at = w.layout.outer + (n * t.outerEntries + (gfn & (t.outerEntries - 1))) * TLB_WORDS;
    w.s[at] = address + 1;
    w.s[at + 1] = gfn;
    w.s[at + 2] = spte;
  },
  OuterShadowFlushed(w, _t, n, address) {
    const t = w.layout.topology;
    const base = w.layout.outer + n * t.outerEntries * TLB_WORDS;
    if (address === 0) w.s.fill(0, base, base + t.outerEntries * TLB_WORDS);
    else clearTag(w, base, t.outerEntries, address);
  },
  OuterRootShadowed(w, _t, n, serial) {
    const at = w.layout.outerRoots + n * OUTER_ROOTS;
    for (let k = OUTER_ROOTS - 1; k > 0; k--) w.s[at + k] = w.s[at + k - 1];
    w.s[at] = serial + 1;
  },
  DebugRegistersLoaded(w, _t, n, loaded) {
    set(w, n, VCPU.DR_LOADED, loaded);
  },
  ExitHandled(w, _t, n, reason, result, data) {
    if (result !== 0) return;
    set(w, n, VCPU.EXIT_REASON, reason);
    set(w, n, VCPU.EXIT_DATA, data);
  },
} satisfies Record<string, Evolver>;

// What a vCPU's own thread does with roots: load and look up, reset, unload, drop what is obsolete, enter the guest.
import { role_is_mirror } from '../../aggregates/role.js';
import type { CoveredEvent } from './covered-event.js';
import type { Ledger } from './ledger.js';
import { LEAVE, type Outcome, putCalled, TAKEN, unexpected } from './outcome.js';
import { type Refusal, refuse } from './rules.js';
import { type Frame, hex, type Root, type Thread, type Vcpu } from './state.js';
import { beginWalk } from './steps-walk.js';

type Of<K extends Frame['kind']> = Extract<Frame, { readonly kind: K }>;
type Event<K extends CoveredEvent['kind']> = Extract<CoveredEvent, { readonly kind: K }>;

const SLOTS = 4;
const FREES_OF_UNLOAD = 2;

// ---- load and lookup ----

export function loadCalled(l: Ledger, t: Thread, e: Event<'load'>): Outcome {
  const vm = l.vmOf(e.kvm, t);
  if (vm === null) return TAKEN;
  const vcpu = l.vcpu(e.vcpu, vm);
  t.vcpu = vcpu;
  if (vcpu.held !== null && vcpu.held.length > 0 && !vm.nested && !l.nested)
    return refuse('load-when-empty', `vCPU ${hex(vcpu.address)} holds ${names(vcpu.held)} and loads again`);
  t.frames.push({ kind: 'load', vcpu, lookups: 0 });
  return TAKEN;
}

export function inLoad(l: Ledger, t: Thread, f: Of<'load'>, e: CoveredEvent): Outcome {
  switch (e.kind) {
    case 'lookup': {
      const mirror = e.role !== null && role_is_mirror(e.role);
      if (f.lookups > 0 && !l.traits.freesMirrorSlot)
        return unexpected('a second lookup in one kvm_mmu_load');
      if (e.vcpu !== f.vcpu.address)
        return refuse('call-order', `vCPU ${hex(f.vcpu.address)} loads, and ${hex(e.vcpu)} looks up`);
      if (!mirror) f.lookups++;
      if (l.traits.lookupLock === 'W') l.exclusive(f.vcpu.vm);
      t.frames.push({
        kind: 'lookup',
        vcpu: f.vcpu,
        role: e.role,
        since: l.now,
        born: null,
        announced: false,
        at: null,
        walked: false,
      });
      return TAKEN;
    }
    case 'loadReturned':
      if (f.lookups === 0 && e.result === 0 && !l.nested)
        return refuse(
          'call-order',
          `kvm_mmu_load returned 0 and ${l.traits.lookupFunction} was silent: it did not run`,
        );
      t.frames.pop();
      return TAKEN;
    // Memory is made ready before the lookup; under pressure that runs MMU notifiers.
    case 'next':
      return beginWalk(l, t, e);
    default:
      return unexpected('kvm_mmu_load has not returned');
  }
}

export function inLookup(l: Ledger, t: Thread, f: Of<'lookup'>, e: CoveredEvent): Outcome {
  switch (e.kind) {
    case 'alloc':
      t.frames.push({ kind: 'alloc' });
      return TAKEN;
    case 'init':
      return rootMade(l, t, f, e);
    case 'next':
      return lookupWalks(l, t, f, e);
    case 'lookupReturned':
      return lookupReturned(l, t, f, e);
    default:
      return unexpected(`${l.traits.lookupFunction} has not returned`);
  }
}

function lookupWalks(l: Ledger, t: Thread, f: Of<'lookup'>, e: Event<'next'>): Outcome {
  if (!l.traits.lookupWalks) return unexpected(`${l.traits.lookupFunction} walks without references`);
  if (f.born !== null) return unexpected('the lookup has made a root already');
  if (f.at === null) {
    if (f.walked || e.previous !== 0) return unexpected('the lookup walks once');
    return beginWalk(l, t, e, 'kvm_tdp_mmu_alloc_root');
  }
  if (e.previous !== f.at.sp) return unexpected(`the lookup stands on root ${f.at.ordinal}`);
  if (f.role !== null && f.at.role === f.role && f.at.valid)
    return refuse(
      'lookup-result',
      `the lookup steps over root ${f.at.ordinal}, which has the role 0x${f.role.toString(16)}`,
    );
  const previous = f.at;
  f.at = null;
  return beginWalk(l, t, e, 'kvm_tdp_mmu_alloc_root', previous);
}

function rootMade(l: Ledger, t: Thread, f: Of<'lookup'>, e: Event<'init'>): Outcome {
  if (e.root === false) return unexpected('a lookup makes no table below a root');
  if (f.born !== null) return unexpected('the lookup has made a root already');
  if (f.at !== null)
    return unexpected(`the lookup stands on root ${f.at.ordinal} and holds a reference to it`);
  if (l.traits.lookupWalks && !f.walked)
    return unexpected('the lookup has not walked: tdp_mmu_next_root was silent');
  const { vm } = f.vcpu;
  if (f.role !== null && f.role !== e.role)
    return refuse(
      'lookup-result',
      `the vCPU wants 0x${f.role.toString(16)}, and 0x${e.role.toString(16)} is made`,
    );
  const reused = l.handOut(e.sp, e.spt);
  if (reused !== null) return reused;
  if (l.traits.lookupLock !== 'R') l.exclusive(vm);
  const same = vm.roots.find(
    (root) => root.valid && !root.dead && root.role === e.role && root.count !== null,
  );
  if (same !== undefined)
    return refuse(
      'unique-role',
      `a root with role 0x${e.role.toString(16)} is made while ${l.describe(same)}`,
    );
  f.born = l.born(vm, e.sp, e.spt, e.role);
  t.frames.push({ kind: 'init', level: e.role & 0xf, announced: false });
  return TAKEN;
}

function lookupReturned(l: Ledger, t: Thread, f: Of<'lookup'>, e: Event<'lookupReturned'>): Outcome {
  t.frames.pop();
  if (e.hpa === null) return TAKEN;
  const { vcpu } = f;
  const root = f.born ?? l.rootOfHpa(vcpu.vm, e.hpa);
  if (root === null) {
    if (vcpu.vm.whole) return refuse('lookup-result', `no root has the page ${hex(e.hpa)}`);
    vcpu.held = null;
    return TAKEN;
  }
  const named = l.nameHpa(root, e.hpa);
  if (named !== null) return named;
  if (f.born === null) {
    const taken = reuse(l, f, root);
    if (taken !== null) return taken;
  }
  root.listedAt = Math.min(root.listedAt, l.now);
  vcpu.held?.push(root);
  vcpu.mustDrop = false;
  if (vcpu.held !== null && vcpu.held.length > 2 * SLOTS)
    return refuse('load-when-empty', `vCPU ${hex(vcpu.address)} holds ${vcpu.held.length} references`);
  return TAKEN;
}

/** The lookup gave a root that was there. */
function reuse(l: Ledger, f: Of<'lookup'>, root: Root): Refusal | null {
  if (f.at !== null && f.at !== root)
    return refuse(
      'lookup-result',
      `the walk stopped at root ${f.at.ordinal}, and root ${root.ordinal} is returned`,
    );
  if (root.dead && root.count !== null)
    return refuse('lookup-result', `${l.describe(root)}: its last reference was put`);
  // Where the walk's reference is kept the root may have become invalid since the lock was released.
  if (!root.valid && f.at === null)
    return refuse('lookup-result', `${l.describe(root)}: no vCPU wants an invalid root`);
  if (f.role !== null && root.role !== 0 && root.role !== f.role)
    return refuse(
      'lookup-result',
      `the vCPU wants role 0x${f.role.toString(16)}; root ${root.ordinal} has 0x${root.role.toString(16)}`,
    );
  if (f.at === root) return null;
  if (l.traits.lookupWalks) {
    if (!f.walked) return refuse('call-order', 'tdp_mmu_next_root was silent in the lookup: it did not run');
    // Found by the second look, under tdp_mmu_pages_lock, which no probe shows.
    if (root.listedAt < f.since)
      return refuse(
        'lookup-result',
        `root ${root.ordinal} was there when the lookup walked, which did not stop at it`,
      );
    l.unprobed++;
  }
  if (root.count !== null) root.count++;
  return null;
}

// ---- drops ----

export function dropCalled(l: Ledger, t: Thread, e: Event<'reset' | 'unload' | 'obsolete'>): Outcome {
  const vm = l.vmOf(e.kvm, t);
  if (vm === null) return TAKEN;
  const vcpu = l.vcpu(e.vcpu, vm);
  const owes = vcpu.held?.filter((root) => e.kind !== 'obsolete' || !root.valid).length ?? 0;
  t.frames.push({ kind: 'drop', why: e.kind, vcpu, owes, frees: 0 });
  return TAKEN;
}

export function inDrop(l: Ledger, t: Thread, f: Of<'drop'>, e: CoveredEvent): Outcome {
  // Whether kvm_mmu_unload is a call or inlined is the compiler's choice.
  if (e.kind === 'unload' && f.why === 'reset' && f.frees === 0 && e.vcpu === f.vcpu.address) {
    t.frames.pop();
    t.frames.push({ kind: 'drop', why: 'unload', vcpu: f.vcpu, owes: f.owes, frees: 0 });
    return TAKEN;
  }
  if (e.kind !== 'freeRoots' || f.frees >= FREES_OF_UNLOAD) return LEAVE;
  f.frees++;
  return freeRootsCalled(l, t, e, f.vcpu);
}

export function leaveDrop(l: Ledger, f: Of<'drop'>): Refusal | null {
  const { vcpu } = f;
  if (f.why === 'obsolete')
    return f.owes <= 0
      ? null
      : refuse('drop-obsolete', `vCPU ${hex(vcpu.address)} keeps ${f.owes} of its invalid roots`);
  if (f.frees !== FREES_OF_UNLOAD)
    return refuse(
      'call-order',
      `kvm_mmu_free_roots was called ${f.frees} times for vCPU ${hex(vcpu.address)}: once for each of its two MMUs, and a silent call did not happen`,
    );
  if (f.owes > 0 && !l.nested)
    return refuse(
      'drop-all',
      `vCPU ${hex(vcpu.address)} still holds ${names(vcpu.held ?? [])}: mmu_free_root_page was silent`,
    );
  return null;
}

export function freeRootsCalled(l: Ledger, t: Thread, e: Event<'freeRoots'>, known: Vcpu | null): Outcome {
  const vm = known?.vm ?? l.vmOf(e.kvm, t);
  if (vm === null) return TAKEN;
  let vcpu = known ?? (e.vcpu === null ? null : l.vcpu(e.vcpu, vm));
  if (e.mmu !== null) {
    if (vcpu === null) vcpu = l.vcpuOfMmu(e.mmu, vm);
    else if (!vcpu.mmus.includes(e.mmu)) vcpu.mmus.push(e.mmu);
  }
  const mask = e.mask === null ? null : e.mask % 2 ** SLOTS;
  const full = mask === 2 ** SLOTS - 1 && vcpu !== null && e.mmu === vcpu.mmus[0];
  t.frames.push({ kind: 'freeRoots', vm, vcpu, mask, pages: 0, owes: full ? (vcpu?.held?.length ?? 0) : 0 });
  return TAKEN;
}

export function inFreeRoots(l: Ledger, t: Thread, f: Of<'freeRoots'>, e: CoveredEvent): Outcome {
  if (e.kind !== 'freePage') return LEAVE;
  if (f.mask !== null && f.pages >= bits(f.mask)) return LEAVE;
  f.pages++;
  return e.hpa === null ? TAKEN : freePageCalled(l, t, e.hpa, f.vm, f.vcpu);
}

export function leaveFreeRoots(l: Ledger, f: Of<'freeRoots'>): Refusal | null {
  // One page behind a call that found nothing: the mirror slot of a vCPU that ends.
  const mirror = l.traits.freesMirrorSlot && f.pages === 1;
  if (f.pages > 0 && f.mask !== null && f.pages < bits(f.mask) - 1 && !mirror)
    return refuse('call-order', `mmu_free_root_page ran for ${f.pages} of ${bits(f.mask)} slots`);
  if (f.owes > 0 && !l.nested)
    return refuse(
      'drop-all',
      `vCPU ${hex(f.vcpu?.address ?? 0)} still holds ${names(f.vcpu?.held ?? [])}: mmu_free_root_page was silent`,
    );
  return null;
}

/** mmu_free_root_page of a slot that holds a page. */
export function freePageCalled(
  l: Ledger,
  t: Thread,
  hpa: number,
  vm: Of<'freeRoots'>['vm'],
  known: Vcpu | null,
): Outcome {
  const root = l.rootOfHpa(vm, hpa);
  if (root === null) {
    if (l.nested || !vm.whole) {
      if (l.nested) return TAKEN;
      t.loose = true;
      return TAKEN;
    }
    return refuse('put-by-holder', `no root of this VM has the page ${hex(hpa)}`);
  }
  let holder = known;
  if (holder === null)
    for (const vcpu of vm.vcpus.values()) if (vcpu.held?.includes(root) === true) holder = vcpu;
  if (holder?.held != null) {
    const at = holder.held.indexOf(root);
    if (at < 0)
      return refuse(
        'put-by-holder',
        `vCPU ${hex(holder.address)} holds ${names(holder.held)}, not root ${root.ordinal}`,
      );
    holder.held.splice(at, 1);
    for (const frame of t.frames) {
      if (frame.kind === 'freeRoots' || (frame.kind === 'drop' && (frame.why !== 'obsolete' || !root.valid)))
        frame.owes--;
    }
    if (holder.held.length === 0) holder.mustDrop = false;
  } else if (vm.whole) return refuse('put-by-holder', `no vCPU holds root ${root.ordinal}`);
  const inObsolete = t.frames.some((frame) => frame.kind === 'drop' && frame.why === 'obsolete');
  if (inObsolete && root.valid && root.count !== null)
    return refuse('drop-obsolete', `${l.describe(root)}: it is not obsolete`);
  if (l.traits.lastPut === 'frees') {
    l.unprobed++;
    l.put(root, t, 'S');
    t.frames.push({ kind: 'freed', root, sure: root.count === 0, done: false });
    return TAKEN;
  }
  if (l.traits.dropLock !== 'R') l.exclusive(vm);
  t.frames.push({ kind: 'freePage', root, vcpu: holder, put: false });
  return TAKEN;
}

export function inFreePage(l: Ledger, t: Thread, f: Of<'freePage'>, e: CoveredEvent): Outcome {
  if (f.put || e.kind !== 'put') return LEAVE;
  f.put = true;
  return putCalled(l, t, f.root, e, l.traits.dropLock);
}

export function leaveFreePage(f: Of<'freePage'>): Refusal | null {
  return f.put
    ? null
    : refuse(
        'put-follows',
        `kvm_tdp_mmu_put_root was silent for root ${f.root.ordinal}, which the vCPU gave up: it did not run`,
      );
}

/** v5.10: the put that takes the last reference frees the root there and then. */
export function inFreed(l: Ledger, f: Of<'freed'>, e: CoveredEvent): Outcome {
  if (e.kind !== 'rootFreed' || f.done) return LEAVE;
  const { root } = f;
  if (e.root !== root.sp)
    return refuse('last-put', `root at ${hex(e.root)} is freed; the put was of root ${root.ordinal}`);
  if (root.count !== null && root.count !== 0)
    return refuse('last-put', `${l.describe(root)}, and it is freed`);
  const read = rootFreedReads(l, root, e);
  if (read !== null) return read;
  f.done = true;
  root.dead = true;
  l.bury(root);
  return TAKEN;
}

export function leaveFreed(l: Ledger, f: Of<'freed'>): Refusal | null {
  if (f.done || !f.sure) return null;
  // A walker that no probe shows may hold the last reference, and free the root when it puts it.
  f.root.unprobedWalker = true;
  l.unprobed++;
  return null;
}

/** kvm_tdp_mmu_free_root by a walker. */
export function rootFreed(l: Ledger, t: Thread, e: Event<'rootFreed'>): Outcome {
  const root = l.rootAt(l.vmOf(e.kvm, t), e.root, null);
  if ('rule' in root) return root;
  if (root.count !== null && !(root.count === 0 && root.unprobedWalker))
    return refuse('last-put', `${l.describe(root)}, and it is freed`);
  const read = rootFreedReads(l, root, e);
  if (read !== null) return read;
  root.dead = true;
  l.bury(root);
  return TAKEN;
}

function rootFreedReads(l: Ledger, root: Root, e: Event<'rootFreed'>): Refusal | null {
  if (e.refcount !== null && e.refcount !== 0)
    return refuse('refcount', `it is freed with root_count ${e.refcount}; ${l.describe(root)}`);
  return l.compare(root, { refcount: null, role: e.role }, { pid: -1 } as Thread, 'S');
}

// ---- the guest ----

export function entered(l: Ledger, t: Thread): Outcome {
  if (t.inGuest === true)
    return refuse('entry-exit', 'it enters the guest, and has not left it since its last entry');
  t.inGuest = true;
  const { vcpu } = t;
  if (vcpu?.held == null || l.nested || vcpu.vm.ended) return TAKEN;
  const invalid = vcpu.held.find((root) => !root.valid);
  if (vcpu.held.length === 0)
    return refuse(
      'entry-root',
      `vCPU ${hex(vcpu.address)} enters the guest and holds no root: kvm_mmu_load was silent`,
    );
  if (invalid !== undefined && vcpu.vm.requestsOut)
    return refuse(
      'entry-root',
      `vCPU ${hex(vcpu.address)} enters the guest with ${l.describe(invalid)}, which it was told to drop`,
    );
  if (vcpu.mustDrop && vcpu.vm.requestsOut)
    return refuse(
      'entry-root',
      `vCPU ${hex(vcpu.address)} enters the guest and has not dropped its roots since the fast zap`,
    );
  return TAKEN;
}

export function left(t: Thread): Outcome {
  if (t.inGuest === false)
    return refuse('entry-exit', 'it leaves the guest, and has not entered it since its last exit');
  t.inGuest = false;
  return TAKEN;
}

const bits = (mask: number): number => {
  let n = 0;
  for (let rest = mask; rest > 0; rest = Math.floor(rest / 2)) n += rest % 2;
  return n;
};

export const names = (roots: readonly Root[]): string =>
  roots.length === 0 ? 'no root' : roots.map((root) => `root ${root.ordinal}`).join(', ');

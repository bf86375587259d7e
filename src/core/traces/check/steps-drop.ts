// How roots are given up: resets, unloads, obsolete roots, and what puts them: kvm_mmu_free_roots, mmu_free_root_page.
import type { CoveredEvent } from './covered-event.js';
import type { Ledger } from './ledger.js';
import { LEAVE, type Outcome, putCalled, TAKEN, unexpected } from './outcome.js';
import { type Refusal, refuse } from './rules.js';
import { type Frame, hex, type Root, type Thread, type Vcpu } from './state.js';

type Of<K extends Frame['kind']> = Extract<Frame, { readonly kind: K }>;
type Event<K extends CoveredEvent['kind']> = Extract<CoveredEvent, { readonly kind: K }>;

const SLOTS = 4;
const FREES_OF_UNLOAD = 2;

// ---- drops ----

export function dropCalled(l: Ledger, t: Thread, e: Event<'reset' | 'unload' | 'obsolete'>): Outcome {
  const vm = l.vmOf(e.kvm, t);
  if (vm === null) return TAKEN;
  const vcpu = l.vcpu(e.vcpu, vm);
  if (e.kind === 'unload') {
    vcpu.unloaded = l.traits.era >= 'c';
    if (l.traits.era === 'a' && vcpu.reloads === 0 && vm.whole && !vm.zappedAll && !l.nested)
      return unexpected(
        'no fast zap asked for it and the VM is not ending: kvm_mmu_reset_context was silent',
      );
    vcpu.reloads = Math.max(0, vcpu.reloads - 1);
  }
  const owes = vcpu.held?.filter((root) => e.kind !== 'obsolete' || !root.valid).length ?? 0;
  t.frames.push(newDrop(e.kind, vcpu, owes));
  return TAKEN;
}

/** The reset that an SMM transition begins with: its line names the vCPU. */
export function smmReset(
  l: Ledger,
  t: Thread,
  entering: boolean,
  e: Event<'reset' | 'unload' | 'obsolete'>,
): Outcome {
  const vm = l.vmOf(e.kvm, t);
  if (vm === null) return TAKEN;
  const vcpu = l.vcpu(e.vcpu, vm);
  if (vcpu.inSmm === entering && !l.nested)
    return refuse(
      'smm-reset',
      `vCPU ${hex(vcpu.address)} ${entering ? 'enters SMM and is in it' : 'leaves SMM and is not in it'}`,
    );
  vcpu.inSmm = entering;
  return dropCalled(l, t, e);
}

export function inDrop(l: Ledger, t: Thread, f: Of<'drop'>, e: CoveredEvent): Outcome {
  if (
    e.kind === 'unload' &&
    f.why === 'reset' &&
    f.frees === 0 &&
    !f.unloaded &&
    e.vcpu === f.vcpu?.address
  ) {
    f.unloaded = true;
    return l.unloadsInReset.spoke() ?? TAKEN;
  }
  if (e.kind !== 'freeRoots' || f.frees >= FREES_OF_UNLOAD || (f.why === 'inlined' && !isFull(e.mask)))
    return LEAVE;
  f.frees++;
  if (e.mmu !== null) {
    const vm = f.vcpu?.vm ?? l.vmOf(e.kvm, t);
    if (f.mmus.some((before) => before >= (e.mmu as number)))
      return unexpected(
        "the slots of the vCPU's own MMU are freed, then those of the one for nested guests, once each",
      );
    const [first] = f.mmus;
    const [one, other] = [first ?? e.mmu, e.mmu].map((mmu) => (vm === null ? null : l.vcpuOfMmu(mmu, vm)));
    if (one != null && other != null && one !== other)
      return unexpected('the two MMUs whose slots are freed belong to two vCPUs');
    f.mmus.push(e.mmu);
  }
  return freeRootsCalled(l, t, e, f.vcpu);
}

function newDrop(why: Of<'drop'>['why'], vcpu: Vcpu | null, owes: number): Of<'drop'> {
  return { kind: 'drop', why, vcpu, owes, mmus: [], frees: 0, unloaded: false, mirror: false };
}

function endsVcpu(l: Ledger, f: Of<'drop'>): boolean {
  const [mmu] = f.mmus;
  for (const vm of l.vms.values())
    if (mmu !== undefined && l.vcpuOfMmu(mmu, vm)?.unloaded === true) return true;
  return false;
}

export function leaveDrop(l: Ledger, f: Of<'drop'>): Refusal | null {
  const { vcpu } = f;
  if (f.why === 'obsolete')
    return f.owes <= 0
      ? null
      : refuse('drop-obsolete', `vCPU ${hex(vcpu?.address ?? 0)} keeps ${f.owes} of its invalid roots`);
  if (f.frees !== FREES_OF_UNLOAD)
    return refuse(
      'call-order',
      `kvm_mmu_free_roots was called ${f.frees} times${vcpu === null ? '' : ` for vCPU ${hex(vcpu.address)}`}: once for each of its two MMUs, and a silent call did not happen`,
    );
  if (f.why === 'reset' && !f.unloaded) {
    // Whether it is a call or inlined is the compiler's choice; the recordings of 5.10 show a call.
    if (l.traits.era === 'a')
      return unexpected('kvm_mmu_reset_context, and kvm_mmu_unload was silent: it did not run');
    const silent = l.unloadsInReset.wasSilent(l.now, 'kvm_mmu_reset_context ran');
    if (silent !== null) return silent;
  }
  if (f.why === 'inlined' && l.traits.freesMirrorSlot && !f.mirror && endsVcpu(l, f))
    return unexpected('a vCPU ends, and mmu_free_root_page was silent for its mirror slot');
  if (f.owes > 0 && !l.nested)
    return refuse(
      'drop-all',
      `vCPU ${hex(vcpu?.address ?? 0)} still holds ${names(vcpu?.held ?? [])}: mmu_free_root_page was silent`,
    );
  return null;
}

/** Outside of the functions that drop: kvm_mmu_unload, inlined into a caller of the same C file (KVM_SET_CPUID2, the end of a vCPU). */
export function bareFreeRoots(l: Ledger, t: Thread, e: Event<'freeRoots'>): Outcome {
  if (!l.nested && e.mask !== null) {
    if (!isFull(e.mask))
      return unexpected('single slots are freed, and kvm_mmu_free_obsolete_roots was silent: it did not run');
    if (l.traits.era === 'a')
      return unexpected('all slots are freed, and kvm_mmu_unload was silent: it did not run');
    const vm = l.vmOf(e.kvm, t);
    const vcpu = e.mmu === null || vm === null ? null : l.vcpuOfMmu(e.mmu, vm);
    // A vCPU that has run keeps its CPUID.
    if (vcpu?.ran === true && !vcpu.unloaded)
      return unexpected(
        `all slots of vCPU ${hex(vcpu.address)} are freed, and kvm_mmu_reset_context was silent: it did not run`,
      );
    const drop = newDrop('inlined', null, 0);
    t.frames.push(drop);
    return inDrop(l, t, drop, e);
  }
  return freeRootsCalled(l, t, e, null);
}

const isFull = (mask: number | null): boolean => mask !== null && mask % 2 ** SLOTS === 2 ** SLOTS - 1;

export function freeRootsCalled(l: Ledger, t: Thread, e: Event<'freeRoots'>, known: Vcpu | null): Outcome {
  const vm = known?.vm ?? l.vmOf(e.kvm, t);
  if (vm === null) return TAKEN;
  let vcpu = known ?? (e.vcpu === null ? null : l.vcpu(e.vcpu, vm));
  if (e.mmu !== null) {
    if (vcpu === null) vcpu = l.vcpuOfMmu(e.mmu, vm);
    else if (!vcpu.mmus.includes(e.mmu)) vcpu.mmus.push(e.mmu);
  }
  const mask = e.mask === null ? null : e.mask % 2 ** SLOTS;
  const full = isFull(mask) && vcpu !== null && e.mmu === vcpu.mmus[0];
  t.frames.push({ kind: 'freeRoots', vm, vcpu, mask, pages: 0, owes: full ? (vcpu?.held?.length ?? 0) : 0 });
  return TAKEN;
}

export function inFreeRoots(l: Ledger, t: Thread, f: Of<'freeRoots'>, e: CoveredEvent): Outcome {
  if (e.kind !== 'freePage') return LEAVE;
  if (f.mask !== null && f.pages >= bits(f.mask)) return LEAVE;
  f.pages++;
  return e.hpa === null ? TAKEN : freePageCalled(l, t, e.hpa, f.vm, f.vcpu);
}

export function leaveFreeRoots(l: Ledger, t: Thread, f: Of<'freeRoots'>): Refusal | null {
  const below = t.frames[t.frames.length - 1];
  if (f.pages === 0 && below?.kind === 'drop' && below.why === 'obsolete' && !l.nested)
    return unexpected(
      'kvm_mmu_free_obsolete_roots asks for slots that hold a root, and mmu_free_root_page was silent',
    );
  // One page behind a call that found nothing: the mirror slot of a vCPU that ends.
  const mirror =
    l.traits.freesMirrorSlot && f.pages === 1 && below?.kind === 'drop' && below.frees === FREES_OF_UNLOAD;
  if (mirror) below.mirror = true;
  if (f.pages > 0 && f.mask !== null && f.pages < bits(f.mask) && !mirror && !l.nested)
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
    t.frames.push({ kind: 'freed', root, sure: root.count === 0, at: l.now, done: false });
    return TAKEN;
  }
  if (l.traits.dropLock !== 'R') l.exclusive(vm);
  t.frames.push({ kind: 'freePage', root, vcpu: holder, put: false });
  return TAKEN;
}

export function inFreePage(l: Ledger, t: Thread, f: Of<'freePage'>, e: CoveredEvent): Outcome {
  if (f.put || e.kind !== 'put') return LEAVE;
  const put = putCalled(l, t, f.root, e, l.traits.dropLock);
  if (put === TAKEN) f.put = true;
  return put;
}

export function leaveFreePage(l: Ledger, t: Thread, f: Of<'freePage'>): Refusal | null {
  if (!f.put && l.traits.sparseProbes) {
    const silent = l.puts.wasSilent(l.now, `the vCPU gave root ${f.root.ordinal} up`);
    if (silent !== null) return silent;
    l.unprobed++;
    l.put(f.root, t, 'W');
    f.root.dead = f.root.count === 0;
    return null;
  }
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
  f.root.walkerSince = f.at;
  l.unprobed++;
  return null;
}

/** kvm_tdp_mmu_free_root by a walker. */
export function rootFreed(l: Ledger, t: Thread, e: Event<'rootFreed'>): Outcome {
  const root = l.rootAt(l.vmOf(e.kvm, t), e.root, null);
  if ('rule' in root) return root;
  // A walker was inside its walk all the time: it shows no line between the put and this.
  const walked = root.walkerSince !== null && t.lastAt < root.walkerSince;
  if (root.count !== null && !(root.count === 0 && walked))
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

const bits = (mask: number): number => {
  let n = 0;
  for (let rest = mask; rest > 0; rest = Math.floor(rest / 2)) n += rest % 2;
  return n;
};

export const names = (roots: readonly Root[]): string =>
  roots.length === 0 ? 'no root' : roots.map((root) => `root ${root.ordinal}`).join(', ');

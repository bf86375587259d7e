// What happens to all roots of a VM: fast zaps, invalidation, the zap that follows it, the end.
import { role_is_mirror } from '../../aggregates/role.js';
import type { CoveredEvent } from './covered-event.js';
import type { Ledger } from './ledger.js';
import { LEAVE, type Outcome, putCalled, TAKEN, unexpected } from './outcome.js';
import { type Refusal, refuse } from './rules.js';
import { type Frame, hex, type Thread, type Vm } from './state.js';
import { aliveRoots, beginWalk } from './steps-walk.js';
import { scheduled } from './steps-work.js';

type Of<K extends Frame['kind']> = Extract<Frame, { readonly kind: K }>;
type Event<K extends CoveredEvent['kind']> = Extract<CoveredEvent, { readonly kind: K }>;

// ---- fast zap ----

export function fastZapCalled(l: Ledger, t: Thread, e: Event<'fastZap' | 'fastZapFront'>): Outcome {
  const vm = l.vmOf(e.kvm, t);
  if (vm === null) return TAKEN;
  vm.requestsOut = false;
  for (const vcpu of vm.vcpus.values()) {
    vcpu.mustDrop = l.traits.era < 'c' && (vcpu.held?.length ?? 0) > 0;
    vcpu.reloads++;
  }
  t.frames.push({
    kind: 'fastZap',
    vm,
    front: e.kind === 'fastZapFront',
    announced: false,
    invalidated: false,
    zapped: false,
  });
  return TAKEN;
}

export function inFastZap(l: Ledger, t: Thread, f: Of<'fastZap'>, e: CoveredEvent): Outcome {
  switch (e.kind) {
    case 'fastZapAnnounced':
      if (f.announced || f.invalidated || f.zapped)
        return unexpected('kvm_mmu_zap_all_fast is announced once, before anything else');
      f.announced = true;
      return l.announcesZaps.spoke() ?? TAKEN;
    case 'zapAllRoots':
      if (l.traits.zapBy !== 'none' || f.zapped)
        return f.front ? LEAVE : unexpected('kvm_mmu_zap_all_fast empties no root in place');
      f.zapped = true;
      t.frames.push({ kind: 'zapAllRoots', vm: f.vm, walks: 0, ranges: 0 });
      return TAKEN;
    case 'invalidate':
      if (f.invalidated) return refuse('invalidation', 'the roots were invalidated already in this fast zap');
      f.invalidated = true;
      return (
        (l.traits.sparseProbes ? l.invalidations.spoke() : null) ?? invalidated(l, t, f.vm, e.types, false)
      );
    case 'zapInvalidated':
      if (f.front) return LEAVE;
      if (!f.invalidated || f.zapped)
        return unexpected('the zap of invalid roots comes once, after their invalidation');
      f.zapped = true;
      return zapInvalidatedCalled(l, t, f.vm, e, false);
    case 'fastZapReturned':
      if (f.front) return LEAVE;
      if (l.traits.sparseProbes && !f.invalidated && !f.zapped) return unprobedInvalidation(l, t, f);
      if (!f.zapped || (l.traits.zapBy !== 'none' && !f.invalidated))
        return unexpected(
          `kvm_mmu_zap_all_fast returns, and ${f.invalidated || l.traits.zapBy === 'none' ? 'its zap' : 'the invalidation'} was silent: it did not run`,
        );
      f.vm.requestsOut = true;
      t.frames.pop();
      return announcedOrOff(l, f) ?? TAKEN;
    default:
      return f.front ? LEAVE : unexpected('kvm_mmu_zap_all_fast has not returned');
  }
}

/** The probe set does not cover it: all roots are invalid, zapped, and as many references as were taken for that are put. */
function unprobedInvalidation(l: Ledger, t: Thread, f: Of<'fastZap'>): Outcome {
  const silent = l.invalidations.wasSilent(l.now, 'a fast zap ran');
  if (silent !== null) return silent;
  for (const root of aliveRoots(f.vm)) root.valid = false;
  l.unprobed++;
  f.vm.requestsOut = true;
  t.frames.pop();
  return announcedOrOff(l, f) ?? TAKEN;
}

const announcedOrOff = (l: Ledger, f: Of<'fastZap'>): Refusal | null =>
  f.announced ? null : l.announcesZaps.wasSilent(l.now, 'a fast zap ran');

export function leaveFastZap(l: Ledger, t: Thread, f: Of<'fastZap'>): Refusal | null {
  if (!f.invalidated)
    return unexpected('a fast zap, and the invalidation of roots was silent: it did not run');
  t.owesZap = f.vm;
  return announcedOrOff(l, f);
}

// ---- invalidation ----

/** kvm_tdp_mmu_invalidate_all_roots, or what its copy inlined into kvm_mmu_uninit_tdp_mmu does. */
export function invalidated(l: Ledger, t: Thread, vm: Vm, types: number | null, atEnd: boolean): Outcome {
  const { invalidationTakes, zapBy, invalidateFunction } = l.traits;
  if (invalidateFunction === null) return refuse('invalidation', `${l.traits.protocol} invalidates no root`);
  if (invalidateFunction === 'kvm_tdp_mmu_invalidate_roots' && types !== null && types !== (atEnd ? 6 : 2))
    return refuse('arguments', `root_types=0x${types.toString(16)}; expected 0x${atEnd ? 6 : 2}`);
  if (!atEnd) l.exclusive(vm);
  vm.requestsOut = false;
  const hit = aliveRoots(vm).filter(
    (root) => (root.valid || invalidationTakes === 'all') && (atEnd || !role_is_mirror(root.role)),
  );
  if (zapBy === 'worker') {
    t.frames.push({ kind: 'invalidate', vm, todo: new Set(hit) });
    return TAKEN;
  }
  for (const root of hit) {
    root.valid = false;
    if (zapBy === 'walk') root.owed = true;
    else {
      root.gifts++;
      if (root.count !== null) root.count++;
    }
  }
  return TAKEN;
}

export function inInvalidate(l: Ledger, t: Thread, f: Of<'invalidate'>, e: CoveredEvent): Outcome {
  if (e.kind !== 'schedule') return LEAVE;
  const found = l.rootAt(f.vm, e.root, null);
  if ('rule' in found) return found;
  if (found.count !== null && !f.todo.delete(found))
    return refuse(
      'invalidation',
      `${l.describe(found)}: it is not one of the valid roots that are invalidated here`,
    );
  return scheduled(l, t, found, e, l.traits.invalidationTakes === 'valid');
}

export function leaveInvalidate(l: Ledger, f: Of<'invalidate'>): Refusal | null {
  for (const root of f.todo)
    if (root.count !== null)
      return refuse(
        'invalidation',
        `${l.describe(root)} and was left out: tdp_mmu_schedule_zap_root was silent for it`,
      );
  return null;
}

// ---- the zap of invalid roots ----

export function zapInvalidatedCalled(
  l: Ledger,
  t: Thread,
  vm: Vm,
  e: Event<'zapInvalidated'>,
  atEnd: boolean,
): Outcome {
  const { zapBy, zapInvalidatedShowsMode, protocol } = l.traits;
  if (zapBy === 'none') return unexpected(`${protocol} has no kvm_tdp_mmu_zap_invalidated_roots`);
  if ((e.shared !== null) !== zapInvalidatedShowsMode)
    return refuse(
      'arguments',
      `kvm_tdp_mmu_zap_invalidated_roots ${e.shared === null ? 'has an' : 'has no'} argument \`shared\` in ${protocol}`,
    );
  if (e.shared !== null && e.shared === (atEnd && l.traits.uninitZapsExclusively))
    return refuse(
      'lock-mode',
      `shared=${e.shared ? 1 : 0}; expected ${e.shared ? 0 : 1} ${atEnd ? 'at the end of the VM' : 'after a fast zap'}`,
    );
  vm.requestsOut = true;
  t.owesZap = null;
  const waitsFor = aliveRoots(vm).filter((root) => root.work !== 'none' && root.work !== 'done');
  t.frames.push({ kind: 'zapInvalidated', vm, atEnd, waitsFor, walked: false });
  return TAKEN;
}

export function inZapInvalidated(l: Ledger, t: Thread, f: Of<'zapInvalidated'>, e: CoveredEvent): Outcome {
  const { zapBy } = l.traits;
  switch (e.kind) {
    case 'next':
      if (zapBy !== 'walk')
        return unexpected('kvm_tdp_mmu_zap_invalidated_roots walks without tdp_mmu_next_root');
      if (f.walked) return unexpected('kvm_tdp_mmu_zap_invalidated_roots has walked already');
      return beginWalk(l, t, e, 'kvm_tdp_mmu_zap_invalidated_roots');
    case 'put': {
      if (zapBy !== 'gift') return unexpected('kvm_tdp_mmu_zap_invalidated_roots is not on a root');
      const root = l.rootAt(f.vm, e.root, null);
      if ('rule' in root) return root;
      if (root.count !== null && (root.gifts === 0 || root.valid))
        return refuse(
          'put-by-holder',
          `${l.describe(root)}: the invalidation left no reference to it to put`,
        );
      root.gifts--;
      return putCalled(l, t, root, e, 'R');
    }
    case 'zapInvalidatedReturned': {
      t.frames.pop();
      return zapInvalidatedDone(l, f) ?? TAKEN;
    }
    default:
      return unexpected('kvm_tdp_mmu_zap_invalidated_roots has not returned');
  }
}

function zapInvalidatedDone(l: Ledger, f: Of<'zapInvalidated'>): Refusal | null {
  const { zapBy } = l.traits;
  if (zapBy === 'worker') {
    const left = f.waitsFor.find((root) => root.work !== 'done');
    return left === undefined || left.count === null
      ? null
      : refuse('flush-waits', `it returns while the work item of root ${left.ordinal} is ${left.work}`);
  }
  if (zapBy === 'walk' && !f.walked)
    return unexpected('kvm_tdp_mmu_zap_invalidated_roots returns, and tdp_mmu_next_root was silent');
  for (const root of aliveRoots(f.vm)) {
    if (root.count === null) continue;
    if (root.owed || (zapBy === 'gift' && root.gifts > 0))
      return refuse('flush-waits', `it returns, and root ${root.ordinal} was not zapped`);
    if (f.atEnd) return refuse('no-leak', `${l.describe(root)} when the MMU of the VM goes`);
  }
  return null;
}

// ---- all SPTEs of all roots ----

export function zapAllRootsCalled(l: Ledger, t: Thread, vm: Vm): Outcome {
  vm.zappedAll = true;
  l.exclusive(vm);
  t.frames.push({ kind: 'zapAllRoots', vm, walks: 0, ranges: 0 });
  return TAKEN;
}

export function inZapAllRoots(l: Ledger, t: Thread, f: Of<'zapAllRoots'>, e: CoveredEvent): Outcome {
  if (e.kind === 'next') {
    if (l.traits.zapBy === 'none') return unexpected('v5.10 walks inside __kvm_tdp_mmu_zap_gfn_range');
    if (f.walks >= walksOf(l)) return LEAVE;
    return beginWalk(l, t, e, l.traits.sparseProbes ? null : 'kvm_tdp_mmu_zap_all');
  }
  if (e.kind === 'zapRange' && f.ranges < (l.traits.sparseProbes ? 2 : l.traits.zapBy === 'none' ? 1 : 0)) {
    f.ranges++;
    t.frames.push({ kind: 'zapRange' });
    return TAKEN;
  }
  return LEAVE;
}

export function leaveZapAllRoots(l: Ledger, f: Of<'zapAllRoots'>): Refusal | null {
  if (l.traits.zapBy === 'none')
    return f.ranges === 1
      ? null
      : unexpected('kvm_tdp_mmu_zap_all, and __kvm_tdp_mmu_zap_gfn_range was silent');
  if (l.traits.sparseProbes && f.walks === 0) return l.walks.wasSilent(l.now, 'kvm_tdp_mmu_zap_all ran');
  return f.walks === walksOf(l)
    ? null
    : refuse('walk-order', `kvm_tdp_mmu_zap_all walked ${f.walks} times; expected ${walksOf(l)}`);
}

const walksOf = (l: Ledger): number => (l.traits.zapAllByAddressSpace || l.traits.zapBy === 'gift' ? 2 : 1);

// ---- begin and end of a VM ----

export function mmuInitialised(l: Ledger, kvm: number): Outcome {
  const before = l.vms.get(kvm);
  if (before !== undefined) {
    if (!before.ended)
      return {
        ...refuse('vm-order', `the VM at ${hex(kvm)} begins, and has been there before and not ended`),
        certain: true,
      };
    const left = aliveRoots(before).find((root) => root.count !== null);
    if (left !== undefined) return refuse('no-leak', `the VM is gone, and ${l.describe(left)}`);
    l.missFrees(before);
  }
  l.newVm(kvm, true);
  return TAKEN;
}

export function mmuUninitialised(l: Ledger, t: Thread, vm: Vm): Outcome {
  if (vm.ended) return refuse('vm-order', 'the MMU of the VM goes twice');
  if (vm.whole) {
    for (const vcpu of vm.vcpus.values())
      if (vcpu.held !== null && vcpu.held.length > 0)
        return refuse(
          'vm-order',
          `the MMU goes while vCPU ${hex(vcpu.address)} holds root ${vcpu.held[0]?.ordinal}`,
        );
    const alive = aliveRoots(vm);
    if (alive.length > 0 && !vm.zappedAll)
      return refuse(
        'vm-order',
        'the MMU goes, and kvm_tdp_mmu_zap_all was silent: the memory was not unmapped',
      );
    const left =
      l.traits.era < 'c'
        ? alive[0]
        : l.traits.uninitInvalidates
          ? undefined
          : alive.find((root) => root.valid);
    if (left !== undefined) return refuse('no-leak', `the MMU goes, and ${l.describe(left)}`);
  }
  for (const thread of l.threads.values())
    if (thread.vcpu?.vm === vm && thread.inGuest === true)
      return refuse('entry-exit', `the MMU goes while thread ${thread.pid} is in the guest`);
  vm.ended = true;
  t.frames.push({ kind: 'uninit', vm, invalidated: false, zapped: false });
  return TAKEN;
}

export function inUninit(l: Ledger, t: Thread, f: Of<'uninit'>, e: CoveredEvent): Outcome {
  const { uninitInvalidates, zapBy } = l.traits;
  if (!uninitInvalidates) return LEAVE;
  switch (e.kind) {
    case 'invalidate':
      if (f.invalidated) return refuse('invalidation', 'the roots were invalidated already');
      f.invalidated = true;
      return invalidated(l, t, f.vm, e.types, true);
    case 'schedule': {
      // The invalidation may be inlined here: its work items show it.
      if (f.invalidated || zapBy !== 'worker') return LEAVE;
      f.invalidated = true;
      const begun = invalidated(l, t, f.vm, null, true);
      if (begun !== TAKEN) return begun;
      return inInvalidate(l, t, t.frames[t.frames.length - 1] as Of<'invalidate'>, e);
    }
    case 'zapInvalidated': {
      if (zapBy === 'worker' || f.zapped) return LEAVE;
      f.zapped = true;
      if (!f.invalidated) {
        if (l.traits.uninitCallsInvalidation)
          return unexpected('kvm_tdp_mmu_invalidate_roots was silent: it did not run');
        f.invalidated = true;
        const begun = invalidated(l, t, f.vm, null, true);
        if (begun !== TAKEN) return begun;
      }
      return zapInvalidatedCalled(l, t, f.vm, e, true);
    }
    default:
      return LEAVE;
  }
}

export function leaveUninit(l: Ledger, f: Of<'uninit'>): Refusal | null {
  const { uninitInvalidates, zapBy } = l.traits;
  if (uninitInvalidates && zapBy === 'walk' && !f.zapped)
    return unexpected(
      'kvm_mmu_uninit_tdp_mmu, and kvm_tdp_mmu_zap_invalidated_roots was silent: it did not run',
    );
  for (const root of aliveRoots(f.vm))
    if (root.count !== null)
      return refuse(
        'no-leak',
        `the MMU of the VM is gone, and ${l.describe(root)}${root.work === 'none' ? '' : `, its work item ${root.work}`}`,
      );
  // It waited for the RCU callbacks.
  l.missFrees(f.vm);
  return null;
}

// ---- frees ----

/** The RCU callback, in whatever task it interrupts. */
export function tableFreed(l: Ledger, e: Event<'tableFreed'>): Refusal | null {
  const table = l.tables.get(e.spt);
  if (table === undefined) return null; // from before the trace
  if (e.refcount !== null && e.refcount !== 0)
    return refuse('refcount', `it is freed with a count of ${e.refcount}`);
  if (!table.alive) return refuse('rcu-free', `the table at ${hex(e.spt)} was freed already`);
  const { root } = table;
  if (root === null) {
    table.alive = false;
    return e.role === table.role
      ? null
      : refuse('role', `role 0x${e.role.toString(16)}; the table was made with 0x${table.role.toString(16)}`);
  }
  if (root.count !== null && !root.dead)
    return refuse('rcu-free', `${l.describe(root)}, and its memory is freed`);
  const role = l.compare(
    root,
    { refcount: null, role: l.traits.era === 'b' ? null : e.role },
    l.thread(-1),
    'W',
  );
  if (role !== null) return role;
  root.dead = true;
  l.bury(root);
  return null;
}

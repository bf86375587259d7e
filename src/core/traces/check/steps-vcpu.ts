// What a vCPU's own thread does with roots: load them, look them up, enter the guest with them.
import { role_as_id, role_is_mirror } from '../../aggregates/role.js';
import type { CoveredEvent } from './covered-event.js';
import type { Ledger } from './ledger.js';
import { type Outcome, TAKEN, unexpected } from './outcome.js';
import { type Refusal, refuse } from './rules.js';
import { type Frame, hex, type Root, type Thread, type Vcpu } from './state.js';
import { names } from './steps-drop.js';
import { beginWalk } from './steps-walk.js';

type Of<K extends Frame['kind']> = Extract<Frame, { readonly kind: K }>;
type Event<K extends CoveredEvent['kind']> = Extract<CoveredEvent, { readonly kind: K }>;

const SLOTS = 4;

// ---- load and lookup ----

export function loadCalled(l: Ledger, t: Thread, e: Event<'load'>): Outcome {
  const vm = l.vmOf(e.kvm, t);
  if (vm === null) return TAKEN;
  const vcpu = l.vcpu(e.vcpu, vm);
  t.vcpu = vcpu;
  t.inGuest = false;
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
      const state = smmOf(l, f.vcpu, e.role);
      if (state !== null) return state;
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

/** The role that a vCPU wants says whether it is in SMM. */
function smmOf(l: Ledger, vcpu: Vcpu, role: number | null): Refusal | null {
  if (role === null || l.nested) return null;
  const inSmm = role_as_id(role) === 1;
  const known = vcpu.inSmm;
  vcpu.inSmm = inSmm;
  if (known === null || known === inSmm) return null;
  return l.smm.wasSilent(
    l.now,
    `vCPU ${hex(vcpu.address)} wants ${inSmm ? 'an SMM root' : 'a root outside of SMM'}`,
  );
}

export function inLookup(l: Ledger, t: Thread, f: Of<'lookup'>, e: CoveredEvent): Outcome {
  switch (e.kind) {
    case 'alloc':
      t.frames.push({ kind: 'alloc', level: e.level });
      return TAKEN;
    case 'init':
      if (l.traits.era === 'a') return unexpected('alloc_tdp_mmu_page returns, and was not called');
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

export function rootMade(l: Ledger, t: Thread, f: Of<'lookup'>, e: Event<'init'>): Outcome {
  if (e.sptep !== null && e.sptep !== 0) return unexpected('a lookup makes no table below a root');
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
  if (l.traits.announces === 'all') t.frames.push({ kind: 'init', level: e.role % 16, announced: false });
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

// ---- the guest ----

export function entered(l: Ledger, t: Thread): Outcome {
  if (t.inGuest === true)
    return refuse('entry-exit', 'it enters the guest, and has not left it since its last entry');
  t.inGuest = true;
  const { vcpu } = t;
  if (vcpu !== null) vcpu.ran = true;
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

// Walks over roots with references (tdp_mmu_next_root), and what is zapped on the way.
import { role_as_id, role_is_mirror } from '../../aggregates/role.js';
import type { CoveredEvent } from './covered-event.js';
import type { Ledger } from './ledger.js';
import { LEAVE, type Outcome, putCalled, TAKEN, unexpected } from './outcome.js';
import { type Refusal, refuse } from './rules.js';
import { type Frame, hex, newZap, type Root, type Thread, type Vm, type Zap } from './state.js';
import type { LockMode } from './traits.js';

type Of<K extends Frame['kind']> = Extract<Frame, { readonly kind: K }>;
type Event<K extends CoveredEvent['kind']> = Extract<CoveredEvent, { readonly kind: K }>;

/** tdp_mmu_next_root. `previous`: the root that the walk stands on, where it stands on one. */
export function beginWalk(
  l: Ledger,
  t: Thread,
  e: Event<'next'>,
  caller: string | null = null,
  previous: Root | null = null,
): Outcome {
  const vm = previous?.vm ?? l.vmOf(e.kvm, t);
  if (vm === null) return TAKEN;
  if (previous === null && e.previous !== 0) {
    if (vm.whole) return unexpected(`a walk begins; there is none that stands on ${hex(e.previous)}`);
    const adopted = l.rootAt(vm, e.previous, null);
    if ('rule' in adopted) return adopted;
    previous = adopted;
  }
  t.frames.push({ kind: 'next', vm, previous, caller, since: l.now, put: false });
  return TAKEN;
}

export function inNext(l: Ledger, t: Thread, f: Of<'next'>, e: CoveredEvent): Outcome {
  if (e.kind === 'put') {
    if (f.previous === null || f.put) return unexpected('tdp_mmu_next_root puts the root before, once');
    const put = putCalled(l, t, f.previous, e, walkMode(l, t, f.caller));
    if (put === TAKEN) f.put = true;
    return put;
  }
  if (e.kind !== 'nextReturned') return unexpected('tdp_mmu_next_root has not returned');
  if (f.previous !== null && !f.put)
    return refuse(
      'put-follows',
      `the walk left root ${f.previous.ordinal}, and kvm_tdp_mmu_put_root was silent: it did not run`,
    );
  t.frames.pop();
  return arrived(l, t, f, e);
}

function arrived(l: Ledger, t: Thread, f: Of<'next'>, e: Event<'nextReturned'>): Outcome {
  const { vm } = f;
  const parent = t.frames[t.frames.length - 1];
  const caller = e.caller ?? f.caller ?? callerOf(l, parent);
  const belongs = callerFits(l, parent, caller, f.caller);
  if (belongs !== null) return belongs;
  let at: Root | null = null;
  if (e.root !== 0) {
    const found = l.rootAt(vm, e.root, null);
    if ('rule' in found) return found;
    at = found;
  }
  const order = findsInOrder(l, f, at, caller);
  if (order !== null) return order;
  if (parent?.kind === 'lookup') parent.walked = true;
  if (at === null) {
    const all = parent?.kind === 'zapRange' ? t.frames[t.frames.length - 2] : parent;
    if (all?.kind === 'zapAllRoots') all.walks++;
    else if (parent?.kind === 'zapInvalidated') parent.walked = true;
    return TAKEN;
  }
  if (at.count !== null) {
    if (at.dead && at.deadAt <= f.since)
      return refuse('use-after-free', `${l.describe(at)}: a get of it fails`);
    at.count++;
    at.dead = false;
    at.deadAt = Number.POSITIVE_INFINITY;
  }
  if (parent?.kind === 'lookup') parent.at = at;
  else t.frames.push({ kind: 'walk', vm, caller, at, zap: newZap(), ownPut: false });
  return TAKEN;
}

function callerOf(l: Ledger, parent: Frame | undefined): string | null {
  // v5.15's walks in a range zap that it calls once for each address space.
  if (parent?.kind === 'zapAllRoots') return l.traits.sparseProbes ? null : 'kvm_tdp_mmu_zap_all';
  if (parent?.kind === 'zapInvalidated') return 'kvm_tdp_mmu_zap_invalidated_roots';
  return parent?.kind === 'lookup' ? 'kvm_tdp_mmu_alloc_root' : null;
}

function callerFits(
  l: Ledger,
  parent: Frame | undefined,
  caller: string | null,
  before: string | null,
): Refusal | null {
  const expected = callerOf(l, parent);
  if (expected !== null && caller !== expected)
    return unexpected(`${caller ?? 'somebody'} walks inside ${expected}`);
  if (expected === null && caller !== null && OWN_FRAMES.has(caller))
    return unexpected(`${caller} walks, and was not called`);
  if (before !== null && caller !== before)
    return unexpected(`${before} walked so far, and ${caller ?? 'somebody'} goes on`);
  return null;
}

const OWN_FRAMES: ReadonlySet<string> = new Set([
  'kvm_tdp_mmu_zap_all',
  'kvm_tdp_mmu_zap_invalidated_roots',
  'kvm_tdp_mmu_alloc_root',
]);

/** From the root before (or the list's head) to this one no root may be left out that the walk has to see. */
export function findsInOrder(
  l: Ledger,
  f: Of<'next'>,
  at: Root | null,
  caller: string | null,
): Refusal | null {
  const scope = l.traits.scopeOf(caller);
  if (at !== null && scope === 'valid' && !at.valid && at.count !== null)
    return refuse('walk-scope', `${caller ?? 'the walk'} gets valid roots only; ${l.describe(at)}`);
  if (!f.vm.whole) return null;
  const { roots } = f.vm;
  let i = f.previous === null ? 0 : roots.indexOf(f.previous) + 1;
  if (f.previous !== null && i === 0) return null; // freed since
  for (; i < roots.length; i++) {
    const root = roots[i];
    if (root === at) return null;
    const skipped =
      root.dead || root.listedAt >= f.since || (!root.valid && scope !== 'all') || role_is_mirror(root.role);
    if (!skipped) return refuse('walk-order', `${caller ?? 'the walk'} passes over ${l.describe(root)}`);
  }
  return at === null
    ? null
    : refuse('walk-order', `root ${at.ordinal} does not stand behind the root before it`);
}

function walkMode(l: Ledger, t: Thread, caller: string | null): LockMode | null {
  if (caller === 'kvm_tdp_mmu_zap_invalidated_roots') {
    const frame = t.frames.find((f): f is Of<'zapInvalidated'> => f.kind === 'zapInvalidated');
    return frame?.atEnd === true && l.traits.uninitZapsExclusively ? 'W' : 'R';
  }
  return l.traits.modeOf(caller);
}

/** The walk stands on a root and holds a reference to it. */
export function inWalk(l: Ledger, t: Thread, f: Of<'walk'>, e: CoveredEvent): Outcome {
  switch (e.kind) {
    case 'zapRoot':
    case 'zapPass':
      return zapStep(l, t, f.at, f.zap, e, walkZap(l, t, f));
    case 'put': {
      const own = ownPut(l, t, f);
      return own ?? putCalled(l, t, f.at, e, walkMode(l, t, f.caller));
    }
    case 'next': {
      if (e.previous !== f.at.sp)
        return unexpected(`the walk stands on root ${f.at.ordinal}, not on ${hex(e.previous)}`);
      const unfinished = leaveWalk(l, t, f);
      if (unfinished !== null) return unfinished;
      t.frames.pop();
      return beginWalk(l, t, e, f.caller, f.at);
    }
    // A large page is split, and its table made, under the walk.
    case 'init':
      return childMade(l, t, e);
    case 'alloc':
      t.frames.push({ kind: 'alloc', level: e.level });
      return TAKEN;
    default:
      return unexpected(
        `${f.caller ?? 'a walk'} stands on root ${f.at.ordinal}: it goes on to the next root before anything else`,
      );
  }
}

/** Whether this walk zaps the root that it stands on: the mode, or why not. */
function walkZap(l: Ledger, t: Thread, f: Of<'walk'>): LockMode | null | Refusal {
  if (f.caller === 'kvm_tdp_mmu_zap_all') {
    return zapsHere(l, t, f)
      ? 'W'
      : refuse('zap-caller', `this walk of kvm_tdp_mmu_zap_all is for the other address space`);
  }
  if (f.caller === 'kvm_tdp_mmu_zap_invalidated_roots') {
    if (!f.at.owed && f.at.count !== null)
      return refuse(
        'zap-once',
        `${l.describe(f.at)}${f.at.valid ? '' : ' and was zapped before'}: no zap is owed`,
      );
    return walkMode(l, t, f.caller);
  }
  return refuse('zap-caller', `${f.caller ?? 'this walk'} zaps no whole root`);
}

function zapsHere(l: Ledger, t: Thread, f: Of<'walk'>): boolean {
  if (!l.traits.zapAllByAddressSpace) return true;
  const all = t.frames.find((frame): frame is Of<'zapAllRoots'> => frame.kind === 'zapAllRoots');
  return all === undefined || role_as_id(f.at.role) === all.walks;
}

/** The TDP MMU's own reference goes with the zap that it waited for. */
function ownPut(l: Ledger, t: Thread, f: Of<'walk'>): Refusal | null {
  if (f.caller !== 'kvm_tdp_mmu_zap_invalidated_roots' || l.traits.zapBy !== 'walk')
    return refuse(
      'put-by-holder',
      `the walk gives its reference to root ${f.at.ordinal} back when it goes on, not here`,
    );
  if (f.ownPut)
    return refuse('zap-once', `the TDP MMU's own reference to root ${f.at.ordinal} was put already`);
  if (f.at.count === null) return null;
  if (!f.at.owed)
    return refuse('zap-once', `${l.describe(f.at)}: the TDP MMU has no reference of its own any more`);
  const passes = passesComplete(l, f.at, f.zap);
  if (passes !== null) return passes;
  f.at.owed = false;
  f.ownPut = true;
  t.loose = false;
  return null;
}

function leaveWalk(l: Ledger, t: Thread, f: Of<'walk'>): Refusal | null {
  if (f.at.count === null) return null;
  if (f.caller === 'kvm_tdp_mmu_zap_invalidated_roots' && l.traits.zapBy === 'walk') {
    if (f.at.owed)
      return refuse(
        'zap-once',
        `the walk leaves root ${f.at.ordinal}, which is still owed ${f.zap.began ? "the put of the TDP MMU's own reference" : 'a zap'}`,
      );
    return null;
  }
  if (f.caller === 'kvm_tdp_mmu_zap_all' && l.traits.era >= 'c' && zapsHere(l, t, f))
    return passesComplete(l, f.at, f.zap);
  return null;
}

// ---- zaps ----

/** tdp_mmu_zap_root, and each of its passes. `mode`: of mmu_lock, or why nobody zaps here. */
export function zapStep(
  l: Ledger,
  t: Thread,
  root: Root,
  zap: Zap,
  e: Event<'zapRoot' | 'zapPass'>,
  mode: LockMode | null | Refusal,
): Outcome {
  if (e.root !== root.sp) {
    const named = l.rootAt(root.vm, e.root, e.role);
    return 'rule' in named
      ? named
      : refuse('zap-caller', `root ${named.ordinal} is zapped, and root ${root.ordinal} is at hand`);
  }
  if (mode !== null && typeof mode === 'object') return mode;
  if (e.shared !== null && mode !== null && e.shared !== (mode === 'R'))
    return refuse(
      'lock-mode',
      `the zap says that mmu_lock is held for ${e.shared ? 'read' : 'write'}; its caller holds it for ${mode === 'R' ? 'read' : 'write'}`,
    );
  const read = l.compare(root, e, t, mode);
  if (read !== null) return read;
  if (e.kind === 'zapRoot') {
    const on = l.zapRoots.spoke();
    if (on !== null) return on;
    if (zap.began) return refuse('zap-passes', `the zap of root ${root.ordinal} has begun already`);
    zap.began = true;
    return TAKEN;
  }
  if (!zap.began && l.traits.zapRootIsCalled) {
    const off = l.zapRoots.wasSilent(l.now, `root ${root.ordinal} is zapped`);
    if (off !== null) return off;
  }
  zap.began = true;
  if (e.level === null) return TAKEN;
  zap.levels.push(e.level);
  return sequences(l, root).some((levels) => zap.levels.every((level, i) => levels[i] === level))
    ? TAKEN
    : refuse('zap-passes', `passes ${zap.levels.join(', ')}; expected ${expectedPasses(l, root)}`);
}

export function passesComplete(l: Ledger, root: Root, zap: Zap): Refusal | null {
  if (sequences(l, root).some((levels) => levels.length === zap.levels.length)) return null;
  return refuse(
    'zap-passes',
    zap.levels.length === 0
      ? `root ${root.ordinal} was not zapped: __tdp_mmu_zap_root was silent`
      : `the zap of root ${root.ordinal} ran the passes ${zap.levels.join(', ')}; expected ${expectedPasses(l, root)}`,
  );
}

const sequences = (l: Ledger, root: Root): number[][] =>
  l.traits.zapPasses.map((levels) => [...levels, root.role === 0 ? 4 : root.role % 16]);

const expectedPasses = (l: Ledger, root: Root): string =>
  sequences(l, root)
    .map((levels) => levels.join(', '))
    .join(' or ');

/** A table below a root. */
export function childMade(l: Ledger, t: Thread, e: Event<'init'>): Outcome {
  if (e.sptep === 0) return unexpected(`a root is made, and ${l.traits.lookupFunction} was not called`);
  const reused = l.handOut(e.sp, e.spt);
  if (reused !== null) return reused;
  const [root] = t.vcpu?.held ?? [];
  if (
    e.sptep === null &&
    root !== undefined &&
    root.role - (root.role % 16) !== e.role - (e.role % 16) &&
    !l.nested
  )
    return refuse(
      'role',
      `role 0x${e.role.toString(16)} below root ${root.ordinal}, which has 0x${root.role.toString(16)}`,
    );
  const made = l.tableMade(e.spt, e.role, e.sptep);
  if (made !== null) return made;
  if (l.traits.announces !== 'none') t.frames.push({ kind: 'init', level: e.role % 16, announced: false });
  return TAKEN;
}

export function inInit(l: Ledger, f: Of<'init'>, e: CoveredEvent): Outcome {
  if (f.announced || e.kind !== 'announced') return LEAVE;
  f.announced = true;
  if (!e.created || (e.level !== null && e.level !== f.level))
    return refuse(
      'call-order',
      `a table of level ${f.level} was made, and one of level ${e.level ?? '?'} is announced`,
    );
  if (e.count !== 0) return refuse('birth-count', `it is announced with a count of ${e.count}`);
  return l.announces.spoke() ?? TAKEN;
}

export const leaveInit = (l: Ledger, f: Of<'init'>): Refusal | null =>
  f.announced ? null : l.announces.wasSilent(l.now, 'a table was made');

export const aliveRoots = (vm: Vm): Root[] => vm.roots.filter((root) => !root.dead);

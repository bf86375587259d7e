// One protocol beside one trace. Each thread is in a stack of covered functions; its next line is taken by the innermost one that
// can be in the middle of something then, and refused where none can. Functions without a return probe are left when a
// line cannot be theirs; what they owed by then is held against them.
import type { CoveredEvent } from './covered-event.js';
import { Ledger } from './ledger.js';
import { LEAVE, type Outcome, TAKEN, unexpected } from './outcome.js';
import { type Place, type Refusal, refuse, SINGLE, SURE } from './rules.js';
import { type Frame, hex, type Thread, type Vm } from './state.js';
import {
  bareFreeRoots,
  dropCalled,
  freePageCalled,
  inDrop,
  inFreed,
  inFreePage,
  inFreeRoots,
  leaveDrop,
  leaveFreed,
  leaveFreePage,
  leaveFreeRoots,
  names,
  rootFreed,
  smmReset,
} from './steps-drop.js';
import { entered, inLoad, inLookup, left, loadCalled, rootMade } from './steps-vcpu.js';
import {
  fastZapCalled,
  inFastZap,
  inInvalidate,
  inUninit,
  inZapAllRoots,
  inZapInvalidated,
  leaveFastZap,
  leaveInvalidate,
  leaveUninit,
  leaveZapAllRoots,
  mmuInitialised,
  mmuUninitialised,
  tableFreed,
  zapAllRootsCalled,
  zapInvalidatedCalled,
} from './steps-vm.js';
import { beginWalk, childMade, inInit, inNext, inWalk, leaveInit } from './steps-walk.js';
import { inLastPut, inSchedule, inWork, leaveLastPut, leaveSchedule, workCalled } from './steps-work.js';
import type { Traits } from './traits.js';

/** Functions that one line can leave, and statesBefore shows of each kind. */
const STATES_SHOWN = 8;

export class Monitor {
  private readonly ledger: Ledger;
  /** The first refusal from before it was known that the probes are on. */
  private heldBack: Refusal | null = null;
  private place: Place | null = null;
  /** The functions that the thread was in before the last event. */
  private readonly before: Frame[] = [];

  /** @param unsure events are missing at places that nothing tells: only what holds of a single line is held against it */
  constructor(
    readonly traits: Traits,
    private readonly unsure = false,
  ) {
    this.ledger = new Ledger(traits);
  }

  get armed(): boolean {
    return this.ledger.armed;
  }

  get filledIn(): number {
    return this.ledger.missedFrees + this.ledger.unprobed;
  }

  get hasLiveVm(): boolean {
    for (const vm of this.ledger.vms.values()) if (!vm.ended) return true;
    return false;
  }

  /**
   * Memory of a VM that has ended was freed, and the probe that shows it was silent from the beginning to the end.
   * @param knownMissed that the probe itself says it missed
   */
  silentFrees(knownMissed: number): Refusal | null {
    return this.unsure ? null : this.ledger.silentFrees(knownMissed);
  }

  /** Events were lost here. */
  lost(): void {
    this.ledger.forget();
  }

  /** Null: some behaviour of the protocol goes on like this. */
  take(pid: number, event: CoveredEvent, place: Place | null = null): Refusal | null {
    const l = this.ledger;
    this.place = place;
    l.place = place;
    l.now++;
    if (event.kind === 'tableFreed') {
      l.freesSeen = true;
      if (!l.armed) return null;
      const freed = tableFreed(l, event);
      return freed !== null && this.unsure ? null : freed;
    }
    const t = l.thread(pid);
    if (t.puts.length > 0) l.settle(t);
    if (event.kind === 'other' || event.kind === 'fault') return null;
    if (event.kind === 'nested') {
      l.nested = true;
      return null;
    }
    if (event.kind === 'init' && !l.armed) {
      l.armed = true;
      if (this.heldBack !== null) return this.heldBack;
    }
    const refusal = (l.traits.sparseProbes ? spoke(l, event) : null) ?? this.step(l, t, event);
    t.lastAt = l.now;
    if (refusal === null)
      return l.full ? refuse('state-limit', 'more VMs, threads and tables than a check keeps') : null;
    return this.forgiven(l, t, event, refusal) ? null : refusal;
  }

  /** The states that were possible before the event that was refused last, in words. */
  statesBefore(pid: number): string[] {
    const l = this.ledger;
    const t = l.thread(pid);
    const states = [
      `thread ${pid}: ${this.before.length === 0 ? 'in no covered function' : this.before.map(frameText).join(' > ')}`,
    ];
    if (t.vcpu !== null)
      states.push(
        `vCPU ${hex(t.vcpu.address)} ${t.vcpu.held === null ? 'was loaded before the trace begins' : `holds ${names(t.vcpu.held)}`}`,
      );
    const vm: Vm | undefined = t.vcpu?.vm ?? [...l.vms.values()].find((candidate) => !candidate.ended);
    for (const root of vm?.roots.slice(0, STATES_SHOWN) ?? []) {
      const more = l.slack(root, t);
      states.push(
        `${l.describe(root)}${more > 0 ? `, or up to ${more} more while other threads are in the middle of a put or get` : ''}`,
      );
    }
    return states;
  }

  private step(l: Ledger, t: Thread, e: CoveredEvent): Refusal | null {
    this.before.length = 0;
    for (const frame of t.frames) this.before.push(frame);
    for (;;) {
      const f = t.frames[t.frames.length - 1];
      const outcome = f === undefined ? this.base(l, t, e) : inFrame(l, t, f, e);
      if (outcome === TAKEN) {
        if (f === undefined) t.loose = false;
        return null;
      }
      if (outcome !== LEAVE) return outcome;
      t.frames.pop();
      const owed = f === undefined ? unexpected(`${e.kind} here`) : leave(l, t, f);
      if (owed !== null) return owed;
    }
  }

  /**
   * Where a trace begins in the middle, or goes on behind lost events, only what needs no knowledge of the time before is held against
   * it: what the protocol does not have, and the counts and roles of roots that were born since. Nor is anything held before the
   * first birth shows that all probes are on, when it is remembered.
   */
  private forgiven(l: Ledger, t: Thread, e: CoveredEvent, refusal: Refusal): boolean {
    if (this.unsure && !SINGLE.has(refusal.rule)) {
      t.frames.length = 0;
      if (e.kind === 'entry' || e.kind === 'exit') t.inGuest = null;
      l.forget();
      return true;
    }
    const whole = this.whole(l, t, e);
    const sure = whole || refusal.certain === true || (!t.loose && SURE.has(refusal.rule));
    if (l.armed && sure) return false;
    if (whole || refusal.certain === true) this.heldBack ??= { ...refusal, at: this.place };
    t.frames.length = 0;
    if (e.kind === 'entry' || e.kind === 'exit') t.inGuest = e.kind === 'entry';
    if (e.kind === 'init') l.tables.delete(e.spt);
    // What it did to the references of others nobody knows.
    if (l.armed) l.unlearn();
    return true;
  }

  /** The whole life of the VM that this is about was seen. */
  private whole(l: Ledger, t: Thread, e: CoveredEvent): boolean {
    const named = 'kvm' in e && e.kvm !== null ? l.vms.get(e.kvm) : t.vcpu?.vm;
    if (named !== undefined) return named.whole;
    return l.vms.size > 0 && [...l.vms.values()].every((vm) => vm.whole);
  }

  /** The thread is in no covered function. */
  private base(l: Ledger, t: Thread, e: CoveredEvent): Outcome {
    if (t.inGuest === true && e.kind !== 'entry' && e.kind !== 'exit')
      return refuse('entry-exit', 'the thread is in the guest: it has not left it since its last entry');
    switch (e.kind) {
      case 'load':
        return loadCalled(l, t, e);
      case 'reset':
      case 'unload':
      case 'obsolete':
        return dropCalled(l, t, e);
      case 'freeRoots':
        return bareFreeRoots(l, t, e);
      case 'freePage': {
        if (!l.traits.freesMirrorSlot) return unexpected('mmu_free_root_page runs inside kvm_mmu_free_roots');
        const vm = l.vmOf(e.kvm, t);
        return e.hpa === null || vm === null ? TAKEN : freePageCalled(l, t, e.hpa, vm, null);
      }
      case 'next':
        return beginWalk(l, t, e);
      case 'init':
        if (l.traits.era === 'a') return unexpected('alloc_tdp_mmu_page returns, and was not called');
        return childMade(l, t, e);
      case 'alloc':
        t.frames.push({ kind: 'alloc', level: e.level });
        return TAKEN;
      case 'announced':
        if (l.traits.announces === 'none' || l.nested || !e.created) return TAKEN;
        return l.armed ? unexpected('a new table is announced, and was not made') : TAKEN;
      case 'fastZap':
      case 'fastZapFront':
        return fastZapCalled(l, t, e);
      case 'fastZapAnnounced':
        return unexpected('kvm_mmu_zap_all_fast is announced, and its probe was silent');
      case 'zapInvalidated': {
        const vm = l.vmOf(e.kvm, t);
        if (vm === null) return TAKEN;
        if (t.owesZap !== vm)
          return unexpected('kvm_tdp_mmu_zap_invalidated_roots runs after an invalidation of the same task');
        return zapInvalidatedCalled(l, t, vm, e, false);
      }
      case 'zapAll': {
        const vm = l.vmOf(e.kvm, t);
        if (vm !== null) t.frames.push({ kind: 'zapAll', vm, zapped: false });
        return TAKEN;
      }
      case 'zapAllRoots': {
        const vm = l.vmOf(e.kvm, t);
        if (vm === null) return TAKEN;
        if (l.traits.zapAllIsCalled) return unexpected('kvm_tdp_mmu_zap_all, and kvm_mmu_zap_all was silent');
        return zapAllRootsCalled(l, t, vm);
      }
      case 'mmuInit':
        return e.kvm === null ? TAKEN : mmuInitialised(l, e.kvm);
      case 'mmuUninit': {
        const vm = l.vmOf(e.kvm, t);
        return vm === null ? TAKEN : mmuUninitialised(l, t, vm);
      }
      case 'work':
        return workCalled(l, t, e);
      case 'executes':
        return TAKEN;
      case 'rootFreed':
        return rootFreed(l, t, e);
      case 'zapRange':
        t.frames.push({ kind: 'zapRange' });
        return TAKEN;
      case 'smm':
        t.frames.push({ kind: 'smm', entering: e.entering, done: false });
        return l.smm.spoke() ?? TAKEN;
      case 'entry':
      case 'exit':
      case 'user':
        if (t.owesZap !== null) {
          t.owesZap = null;
          return unexpected(
            'a fast zap began, and kvm_tdp_mmu_zap_invalidated_roots was silent: it did not run',
          );
        }
        return e.kind === 'entry' ? entered(l, t) : e.kind === 'exit' ? left(t) : TAKEN;
      case 'invalidate':
        return refuse('invalidation', 'roots are invalidated outside of a fast zap and of the end of the VM');
      case 'put':
        return unexpectedPut(l, t, e);
      case 'zapRoot':
      case 'zapPass': {
        const root = l.rootAt(l.vmOf(e.kvm, t), e.root, e.role);
        return 'rule' in root
          ? root
          : refuse(
              'zap-caller',
              `nobody who owes root ${root.ordinal} a zap is running: ${l.describe(root)}`,
            );
      }
      case 'schedule':
        return refuse('work', 'a work item is made outside of a last put and of an invalidation');
      case 'queued':
        return refuse('work', 'a work item is queued, and tdp_mmu_schedule_zap_root was silent');
      default:
        return unexpected('its function was not entered');
    }
  }
}

/** Whether the probes that v5.10's set lacks are on. */
function spoke(l: Ledger, e: CoveredEvent): Refusal | null {
  if (e.kind === 'put') return l.puts.spoke();
  return e.kind === 'next' ? l.walks.spoke() : null;
}

function unexpectedPut(l: Ledger, t: Thread, e: Extract<CoveredEvent, { readonly kind: 'put' }>): Outcome {
  const root = l.rootAt(l.vmOf(e.kvm, t), e.root, e.role);
  if ('rule' in root) return root;
  return refuse(
    'put-by-holder',
    `the thread holds no reference to root ${root.ordinal}: ${l.describe(root)}`,
  );
}

function inFrame(l: Ledger, t: Thread, f: Frame, e: CoveredEvent): Outcome {
  switch (f.kind) {
    case 'load':
      return inLoad(l, t, f, e);
    case 'lookup':
      return inLookup(l, t, f, e);
    case 'drop':
      return inDrop(l, t, f, e);
    case 'freeRoots':
      return inFreeRoots(l, t, f, e);
    case 'freePage':
      return inFreePage(l, t, f, e);
    case 'next':
      return inNext(l, t, f, e);
    case 'walk':
      return inWalk(l, t, f, e);
    case 'zapInvalidated':
      return inZapInvalidated(l, t, f, e);
    case 'zapAllRoots':
      return inZapAllRoots(l, t, f, e);
    case 'fastZap':
      return inFastZap(l, t, f, e);
    case 'zapAll':
      if (e.kind !== 'zapAllRoots' || f.zapped) return LEAVE;
      f.zapped = true;
      return zapAllRootsCalled(l, t, f.vm);
    case 'invalidate':
      return inInvalidate(l, t, f, e);
    case 'schedule':
      return inSchedule(l, f, e);
    case 'lastPut':
      return inLastPut(l, t, f, e);
    case 'freed':
      return inFreed(l, f, e);
    case 'work':
      return inWork(l, t, f, e);
    case 'uninit':
      return inUninit(l, t, f, e);
    case 'zapRange':
      if (e.kind === 'next' && l.traits.sparseProbes) return beginWalk(l, t, e);
      if (e.kind !== 'zapRangeReturned') return unexpected('__kvm_tdp_mmu_zap_gfn_range has not returned');
      t.frames.pop();
      return TAKEN;
    case 'alloc': {
      if (e.kind !== 'init') return unexpected('alloc_tdp_mmu_page has not returned');
      t.frames.pop();
      if (f.level !== null && f.level !== e.role % 16)
        return refuse(
          'role',
          `a table of level ${f.level} is asked for, and one with role 0x${e.role.toString(16)} is made`,
        );
      const below = t.frames[t.frames.length - 1];
      return below?.kind === 'lookup' ? rootMade(l, t, below, e) : childMade(l, t, e);
    }
    case 'init':
      return inInit(l, f, e);
    case 'smm':
      if (f.done || e.kind !== 'reset') return LEAVE;
      f.done = true;
      return smmReset(l, t, f.entering, e);
  }
}

function leave(l: Ledger, t: Thread, f: Frame): Refusal | null {
  switch (f.kind) {
    case 'drop':
      return leaveDrop(l, f);
    case 'freeRoots':
      return leaveFreeRoots(l, t, f);
    case 'freePage':
      return leaveFreePage(l, t, f);
    case 'zapAllRoots':
      return leaveZapAllRoots(l, f);
    case 'fastZap':
      return leaveFastZap(l, t, f);
    case 'zapAll':
      return f.zapped
        ? null
        : unexpected('kvm_mmu_zap_all, and kvm_tdp_mmu_zap_all was silent: it did not run');
    case 'invalidate':
      return leaveInvalidate(l, f);
    case 'schedule':
      return leaveSchedule(l, f);
    case 'lastPut':
      return leaveLastPut(l, f);
    case 'freed':
      return leaveFreed(l, f);
    case 'uninit':
      return leaveUninit(l, f);
    case 'init':
      return leaveInit(l, f);
    case 'smm':
      return f.done
        ? null
        : refuse('smm-reset', 'kvm_mmu_reset_context was silent after the SMM transition: it did not run');
    default:
      return null;
  }
}

function frameText(f: Frame): string {
  switch (f.kind) {
    case 'load':
      return 'kvm_mmu_load';
    case 'lookup':
      return f.at === null ? 'lookup' : `lookup on root ${f.at.ordinal}`;
    case 'drop':
      return `kvm_mmu_${f.why === 'obsolete' ? 'free_obsolete_roots' : f.why === 'reset' ? 'reset_context' : 'unload'}`;
    case 'freeRoots':
      return `kvm_mmu_free_roots after ${f.pages} slots`;
    case 'freePage':
      return `mmu_free_root_page of root ${f.root.ordinal}${f.put ? ', put' : ''}`;
    case 'next':
      return f.previous === null
        ? 'tdp_mmu_next_root'
        : `tdp_mmu_next_root from root ${f.previous.ordinal}${f.put ? ', put' : ''}`;
    case 'walk':
      return `${f.caller ?? 'a walk'} on root ${f.at.ordinal}`;
    case 'schedule':
    case 'lastPut':
    case 'freed':
    case 'work':
      return `${f.kind} of root ${f.root.ordinal}`;
    case 'smm':
      return 'SMM transition';
    default:
      return f.kind;
  }
}

// The books of one root: every reference from the event that took it to the event that gave it back, matched by who holds
// it. A reducer over the root's own events and those about vCPU slots, in order of position.
import { ROOT_SLOTS } from '../../aggregates/layout.js';
import { E, EVENT_BY_CODE } from '../../events/catalogue.js';
import { SUBJECT_RADIX } from '../../events/define.js';
import type { HistoryRows } from '../history.js';
import { slotName } from '../words.js';
import {
  type BookedFault,
  type BookedReference,
  type FaultKind,
  type HolderKind,
  handOver,
  holderOf,
  type Mark,
  mark,
  OPERATIONS,
  whyOf,
} from './reference.js';

/** Faults that are listed one by one; more of them are counted. */
export const LEDGER_FAULTS_MAX = 200;
/** Slot changes that one reference lists; a vCPU that rotates its roots may make any number. */
export const LEDGER_MOVES_MAX = 16;

export class LedgerBook {
  readonly open = new Set<BookedReference>();
  /** The last ones that were given back, oldest first. */
  readonly closed: BookedReference[] = [];
  readonly faults: BookedFault[] = [];
  faultsSeen = 0;
  taken = 0;
  givenBack = 0;
  surplus = 0;
  refcount = 0;
  /** Of the last event that named it. */
  role = 0;
  address = -1;
  vm: number | null = null;
  born: Mark | null = null;
  invalidated: Mark | null = null;
  /** The put that took the count to 0, unless the root came back (v5.18). */
  lastPut: Mark | null = null;
  freed: Mark | null = null;
  private page = false;
  private numbers = 0;
  /** By vCPU: the reference to this root that each slot stands for. */
  private readonly slots = new Map<number, (BookedReference | null)[]>();
  /** By thread: a vCPU reference that was taken and is in no slot yet. */
  private readonly got = new Map<number, BookedReference>();
  /** By thread: a vCPU reference that was given back while its slot is still to be cleared. */
  private readonly put = new Map<number, { readonly at: Mark; reference: BookedReference | null }>();

  constructor(
    readonly root: number,
    private readonly keptClosed: number,
  ) {}

  /** A reference that was there before the first row. */
  opening(holder: HolderKind, vcpu: number | null, slot: number | null): void {
    const reference = this.make(holder, null, -1, whyOf(holder, slot));
    reference.vcpu = vcpu;
    reference.slot = slot;
    if (vcpu !== null && slot !== null) this.slotsOf(vcpu)[slot] = reference;
  }

  /** The root as it was before the first row. */
  openAt(state: { address: number; vm: number; role: number; refcount: number; freed: boolean }): void {
    this.address = state.address;
    this.vm = state.vm;
    this.role = state.role;
    this.refcount = state.refcount;
    this.page = !state.freed;
  }

  /** References that are out, puts that nobody owed taken off: what the kernel's count should be. */
  get balance(): number {
    return this.open.size - this.surplus;
  }

  take(rows: HistoryRows, i: number): void {
    const type = rows.type[i];
    const n = Math.floor(rows.subject[i] / SUBJECT_RADIX);
    switch (type) {
      case E.RootLoaded:
        this.loaded(rows, i, n);
        return;
      case E.RootDropped:
        this.dropped(rows, i, n);
        return;
      case E.RootsRotated:
        this.rotated(rows, i, n);
        return;
      case E.VcpuDestroyed:
        this.vcpuGone(rows, i, n);
        return;
      case E.VmDestroyed:
      case E.VmCreateFailed:
        if (n === this.vm) this.vmGone(rows, i);
        return;
    }
    this.ofRoot(rows, i, type);
  }

  private ofRoot(rows: HistoryRows, i: number, type: number): void {
    const at = mark(rows, i);
    const t = at.thread;
    if (this.lastPut !== null) this.afterLastPut(type, at);
    switch (type) {
      case E.RootAllocated: {
        this.born = at;
        this.address = rows.c[i];
        this.page = true;
        this.role = rows.a[i];
        const first = this.make('vcpu', at, t, 'vCPU slot');
        this.got.set(t, first);
        for (let k = 1; k < rows.b[i]; k++) this.make('tdpMmu', at, t, whyOf('tdpMmu', null));
        break;
      }
      case E.RootFound:
        this.born = at;
        this.address = rows.c[i];
        this.page = true;
        this.role = rows.a[i];
        break;
      case E.RootListed:
        this.vm = rows.a[i];
        return;
      case E.RootGot: {
        const holder = holderOf(rows.a[i]);
        if (holder === 'vcpu') this.settle(t);
        const reference = this.make(holder, at, t, whyOf(holder, null));
        if (holder === 'vcpu') this.got.set(t, reference);
        break;
      }
      case E.RootReferenceKept:
        this.kept(holderOf(rows.a[i]), at);
        break;
      case E.RootResurrected:
        this.make(holderOf(rows.a[i]), at, t, 'work item, resurrected at the last put');
        this.lastPut = null;
        break;
      case E.RootPut:
        this.back(holderOf(rows.a[i]), at);
        if (rows.b[i] <= 0) this.lastPut ??= at;
        break;
      case E.RootInvalidated:
        this.role = rows.a[i];
        this.invalidated ??= at;
        break;
      case E.RootZapScheduled:
        if (rows.a[i] === 1) this.gift(at);
        break;
      case E.RootFreed:
        this.freed ??= at;
        this.page = false;
        return;
      default:
        return;
    }
    this.refcount = rows.b[i];
  }

  private make(holder: HolderKind, taken: Mark | null, thread: number, why: string): BookedReference {
    const reference: BookedReference = {
      number: ++this.numbers,
      holder,
      vcpu: null,
      slot: null,
      why,
      taken,
      thread,
      moves: [],
      givenBack: null,
      leaked: null,
    };
    this.open.add(reference);
    if (taken !== null) this.taken++;
    return reference;
  }

  private back(holder: HolderKind, at: Mark): void {
    this.givenBack++;
    let reference: BookedReference | null;
    if (holder === 'vcpu') {
      if (this.putAgain(at)) return;
      this.settle(at.thread);
      const unstored = this.got.get(at.thread);
      this.got.delete(at.thread);
      reference = unstored ?? this.guessVcpu(at.thread);
      if (unstored === undefined) this.put.set(at.thread, { at, reference });
    } else {
      reference = this.oldest(
        (r) => r.holder === holder && (holder !== 'iterator' || r.thread === at.thread || r.thread < 0),
      );
    }
    if (reference !== null) {
      this.close(reference, at);
      return;
    }
    this.surplus++;
    // A vCPU's put is named by the slot that is cleared next.
    if (holder !== 'vcpu')
      this.fault('surplusPut', holder, at, null, 'gave back a reference that it did not hold');
  }

  /** A second put by the same thread, before it cleared the slot, of a vCPU that has no other reference to this root. */
  private putAgain(at: Mark): boolean {
    const before = this.put.get(at.thread)?.reference ?? null;
    if (before === null || this.got.has(at.thread)) return false;
    if (this.oldest((r) => r.holder === 'vcpu' && r.vcpu === before.vcpu) !== null) return false;
    this.surplus++;
    this.fault('surplusPut', 'vcpu', at, before, 'gave the same reference back once more');
    return true;
  }

  private close(reference: BookedReference, at: Mark): void {
    this.open.delete(reference);
    reference.givenBack = at;
    this.closed.push(reference);
    // Cut down now and then, not at each reference.
    if (this.closed.length > 2 * this.keptClosed + 64) this.trim();
  }

  private reopen(reference: BookedReference): void {
    reference.givenBack = null;
    this.open.add(reference);
    const k = this.closed.lastIndexOf(reference);
    if (k >= 0) this.closed.splice(k, 1);
  }

  /** Only as many closed references as are to be shown. */
  trim(): void {
    this.closed.splice(0, Math.max(0, this.closed.length - this.keptClosed));
  }

  /** Which vCPU's reference a put is about, before the clearing of the slot says so. */
  private guessVcpu(thread: number): BookedReference | null {
    return (
      this.oldest((r) => r.holder === 'vcpu' && r.slot !== null && r.thread === thread) ??
      this.oldest((r) => r.holder === 'vcpu' && r.slot !== null)
    );
  }

  private oldest(fits: (reference: BookedReference) => boolean): BookedReference | null {
    for (const reference of this.open) if (reference.leaked === null && fits(reference)) return reference;
    return null;
  }

  /** A walk's reference becomes its thread's vCPU reference; it was taken when the walk took it. */
  private kept(holder: HolderKind, at: Mark): void {
    const own = this.oldest((r) => r.holder === 'iterator' && (r.thread === at.thread || r.thread < 0));
    this.settle(at.thread);
    if (own === null) return;
    handOver(own, holder, whyOf(holder, null), at);
    this.got.set(at.thread, own);
  }

  private gift(at: Mark): void {
    const own = this.oldest((r) => r.holder === 'tdpMmu');
    if (own === null) {
      this.fault('surplusPut', 'tdpMmu', at, null, 'handed on the TDP MMU reference, which was gone');
      // The world books it the same way: one class has one less, the other one more.
      this.surplus++;
      this.make('work', at, at.thread, 'invalidation gift');
      return;
    }
    handOver(own, 'work', 'invalidation gift', at);
  }

  private loaded(rows: HistoryRows, i: number, vcpu: number): void {
    const slots = this.slotsOf(vcpu);
    const slot = rows.a[i];
    const ours = this.page && rows.c[i] === this.address;
    const at = mark(rows, i);
    if (!ours) {
      slots[slot] = null;
      return;
    }
    this.settle(at.thread);
    const reference = this.got.get(at.thread) ?? null;
    this.got.delete(at.thread);
    slots[slot] = reference;
    if (reference === null) {
      this.fault(
        'missingGet',
        'vcpu',
        at,
        null,
        'names the root without having taken a reference',
        vcpu,
        slot,
      );
      return;
    }
    reference.vcpu = vcpu;
    reference.slot = slot;
    reference.why = whyOf('vcpu', slot);
  }

  private dropped(rows: HistoryRows, i: number, vcpu: number): void {
    const slots = this.slotsOf(vcpu);
    const slot = rows.a[i];
    const target = slots[slot];
    slots[slot] = null;
    if (rows.c[i] !== this.address) return;
    const at = mark(rows, i);
    const put = this.put.get(at.thread);
    if (put === undefined) {
      if (target === null || target.givenBack !== null) return;
      target.leaked = at;
      this.fault(
        'leak',
        'vcpu',
        at,
        target,
        'cleared the slot without giving the reference back: the put is missing',
        vcpu,
        slot,
      );
      return;
    }
    this.put.delete(at.thread);
    if (put.reference === target) return;
    if (target === null || target.givenBack !== null) {
      const known = put.reference !== null;
      if (known) this.reopen(put.reference!);
      if (known) this.surplus++;
      this.fault(
        'surplusPut',
        'vcpu',
        put.at,
        null,
        'gave back a reference that it did not hold',
        vcpu,
        slot,
      );
      return;
    }
    // The put was another vCPU's than it looked like.
    if (put.reference === null) this.surplus--;
    else this.reopen(put.reference);
    this.close(target, put.at);
  }

  private rotated(rows: HistoryRows, i: number, vcpu: number): void {
    const slots = this.slotsOf(vcpu);
    const chosen = slots[rows.a[i]];
    for (let k = rows.a[i]; k > 0; k--) slots[k] = slots[k - 1];
    slots[0] = chosen;
    for (const [slot, reference] of slots.entries()) {
      if (reference === null || reference.slot === slot) continue;
      reference.slot = slot;
      reference.why = whyOf('vcpu', slot);
      if (reference.moves.length < LEDGER_MOVES_MAX)
        reference.moves.push({ at: mark(rows, i), to: slotName(slot) });
    }
  }

  private vcpuGone(rows: HistoryRows, i: number, vcpu: number): void {
    for (const [slot, reference] of this.slotsOf(vcpu).entries()) {
      if (reference === null || reference.givenBack !== null) continue;
      const at = mark(rows, i);
      reference.leaked = at;
      this.fault(
        'leak',
        'vcpu',
        at,
        reference,
        'ended while its slot names the root: the put is missing',
        vcpu,
        slot,
      );
    }
    this.slots.delete(vcpu);
  }

  private vmGone(rows: HistoryRows, i: number): void {
    const at = mark(rows, i);
    for (const reference of this.open) {
      if (reference.leaked !== null) continue;
      reference.leaked = at;
      this.fault(
        'leak',
        reference.holder,
        at,
        reference,
        'the VM is gone and the reference was never given back: the put is missing',
      );
    }
  }

  /** A thread goes on while the slot whose reference it gave back still names the root. */
  private settle(thread: number): void {
    const put = this.put.get(thread);
    if (put === undefined) return;
    this.put.delete(thread);
    const { reference } = put;
    const { vcpu, slot } = reference ?? { vcpu: null, slot: null };
    this.fault(
      'surplusPut',
      'vcpu',
      put.at,
      reference,
      'gave the reference back, and the slot still names the root',
      vcpu,
      slot,
    );
  }

  private afterLastPut(type: number, at: Mark): void {
    if (!OPERATIONS.has(type)) return;
    // v5.18: who took the count to 0 marks the root invalid and brings it back for a worker.
    if (type === E.RootInvalidated && this.page && at.thread === this.lastPut?.thread) return;
    const name = EVENT_BY_CODE[type]?.name ?? String(type);
    const what = this.page
      ? `${name} after the last put (position ${this.lastPut!.position})`
      : `${name} after the page was freed (position ${this.freed?.position ?? '?'})`;
    this.fault('useAfterFree', null, at, null, what);
  }

  private fault(
    kind: FaultKind,
    holder: HolderKind | null,
    at: Mark,
    reference: BookedReference | null,
    what: string,
    vcpu: number | null = reference?.vcpu ?? null,
    slot: number | null = reference?.slot ?? null,
  ): void {
    this.faultsSeen++;
    if (this.faults.length < LEDGER_FAULTS_MAX)
      this.faults.push({ kind, holder, vcpu, slot, what, at, reference });
  }

  private slotsOf(vcpu: number): (BookedReference | null)[] {
    let slots = this.slots.get(vcpu);
    if (slots === undefined) {
      slots = Array.from({ length: ROOT_SLOTS.length }, () => null);
      this.slots.set(vcpu, slots);
    }
    return slots;
  }
}

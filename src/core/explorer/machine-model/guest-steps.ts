// What a running guest adds to forced.ts: which steps of its vCPU may be run alone, and which trees its CPU can get at. A page
// walk takes no lock, so mmu_lock excludes it from nothing; but it only follows the root that the vCPU was entered with (or holds),
// and of what it meets it only ever sets Accessed and Dirty.
import { LOCK_KIND, LOCKS_PER_VM, ROOT_SLOTS, TLB_WORDS, VCPU, VM } from '../../aggregates/layout.js';
import { is_leaf_spte, SPTE } from '../../aggregates/spte.js';
import type { World } from '../../aggregates/world.js';
import { E } from '../../events/catalogue.js';
import { REQ } from '../../events/constants.js';
import type { LinkedProtocol } from '../../machine/link.js';
import { OP } from '../../machine/op.js';
import type { BuiltLitmus } from '../../scenarios/litmus/litmus.js';
import { mentions } from './abilities.js';
import { isFree, OP_WORDS } from './enabled.js';
import type { Others } from './others.js';
import type { Standing } from './standing.js';

const NEW_ROOTS = REQ.MMU_RELOAD | REQ.MMU_FREE_OBSOLETE_ROOTS;
/** A leaf with these is as the hardware leaves it, and as a fault without mmu_lock leaves it. */
const USED = SPTE.ACCESSED | SPTE.DIRTY | SPTE.WRITABLE;

export class GuestSteps {
  /** Some thread runs a guest. */
  readonly any: boolean;
  /** A VM is dead only after the kernel's own report, which ends a path. */
  private readonly neverDead: boolean;

  constructor(
    private readonly w: World,
    private readonly ops: Int32Array,
    private readonly litmus: BuiltLitmus,
    private readonly others: Others,
    private readonly standing: Standing,
    linked: LinkedProtocol,
  ) {
    this.any = others.now.some((x) => x.guest);
    this.neverDead = linked.procedures.every(
      ({ name }) =>
        name === 'kvm_vm_bugged' ||
        !mentions(linked, name, 'kvm_vm_bugged') ||
        mentions(linked, name, 'report('),
    );
  }

  /** Steps around the guest that no other thread can interfere with. */
  forced(t: number, kind: number, a: number): boolean {
    const { w, ops, others } = this;
    const b = ops[t * OP_WORDS + 2];
    switch (kind) {
      // Who waits for read sections changes memslots; the steps behind this one look slots up.
      case OP.SRCU_READ_LOCK:
        return !others.any(t, 'changesSlots');
      case OP.READ_VM:
        return b === VM.DEAD && this.neverDead;
      // A test of a request that is not there, and that nobody can raise.
      case OP.TAKE_REQUEST:
        return (
          this.litmus.vcpuOf[t] === a && (w.vcpuWord(a, VCPU.REQUESTS) & b) === 0 && !this.mayBeRaised(t, b)
        );
      // Notifiers are counted for who changes memslots.
      case OP.LOCK:
        return (
          a % LOCKS_PER_VM === LOCK_KIND.mn_invalidate_lock && isFree(w, a, b) && !this.countsNotifiers(t)
        );
      case OP.EMIT:
        return a === E.NotifierCountChanged && !this.countsNotifiers(t);
      default:
        return false;
    }
  }

  private countsNotifiers(t: number): boolean {
    const { others } = this;
    return others.any(t, 'changesHost') || others.any(t, 'changesSlots') || others.any(t, 'closes');
  }

  private mayBeRaised(t: number, request: number): boolean {
    const { others } = this;
    if (others.any(t, 'asks')) return true;
    if ((request & REQ.TLB_FLUSH) !== 0 && others.any(t, 'flushesTlbs')) return true;
    if ((request & NEW_ROOTS) !== 0 && others.any(t, 'dropsRoots')) return true;
    return (request & REQ.VM_DEAD) !== 0 && !this.neverDead;
  }

  /**
   * A thread that changes entries without mmu_lock may get at this one before t has moved. `excluded`: no vCPU can come to
   * another root meanwhile.
   */
  reaches(t: number, root: number, table: number, excluded: boolean): boolean {
    const { w, others, litmus } = this;
    for (let u = 0; u < w.threads; u++) {
      if (!others.mayMove(t, u) || !others.now[u].lockless) continue;
      const v = litmus.vcpuOf[u] ?? -1;
      if (v < 0 || root < 0 || !excluded || this.caches(v, table)) return true;
      // One that it has looked up and not loaded yet, too.
      if (this.names(u, root) || this.standing.holds(u, root)) return true;
    }
    return false;
  }

  /** The vCPU of thread u has this root loaded, or runs on it. */
  names(u: number, root: number): boolean {
    const v = this.litmus.vcpuOf[u] ?? -1;
    if (v < 0) return false;
    const at = this.w.vcpu(v);
    for (const slot of ROOT_SLOTS) if (this.w.s[at + slot] === root + 1) return true;
    return this.w.s[at + VCPU.ENTERED_ROOT] === root + 1;
  }

  /** A paging-structure entry of the vCPU's CPU, good or stale, leads to the table. */
  private caches(v: number, table: number): boolean {
    const { s, layout } = this.w;
    const { pscEntries } = layout.topology;
    const from = layout.psc + v * pscEntries * TLB_WORDS;
    for (let at = from; at < from + pscEntries * TLB_WORDS; at += TLB_WORDS)
      if (s[at] !== 0 && s[at + 2] === table) return true;
    return false;
  }

  /** Read as it is, or next not empty: what is read there stays as it is whatever hardware does. */
  readsFinal(t: number, kind: number, table: number): boolean {
    const { w, ops } = this;
    const { s } = w;
    const base = w.entry(table, 0);
    let at = base + ops[t * OP_WORDS + 2];
    if (kind === OP.NEXT_PRESENT) {
      while (at <= base + w.tableMask && s[at] === 0) at++;
      if (at > base + w.tableMask) return true;
    } else if (kind !== OP.READ_SPTE) return false;
    return is_leaf_spte(s[at]) ? (s[at] & USED) === USED : true;
  }
}

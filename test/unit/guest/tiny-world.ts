// A world small enough to write by hand: one VM, one vCPU, one root with 4-level tables, and a stand-in for KVM that
// maps what the test asks for. Nothing of the kernel runs.
import { EVOLVE } from '../../../src/core/aggregates/evolve.js';
import { PAGE, PAGE_KIND, type Topology, VCPU, VCPU_STATE } from '../../../src/core/aggregates/layout.js';
import { make_leaf_spte, make_nonleaf_spte, SPTE } from '../../../src/core/aggregates/spte.js';
import { World } from '../../../src/core/aggregates/world.js';
import { decodeEvent, E, type RootlineEvent } from '../../../src/core/events/catalogue.js';
import { EXIT, EXIT_NAMES, FLUSH } from '../../../src/core/events/constants.js';
import { Guest } from '../../../src/core/guest/guest.js';
import { GUEST_WORDS } from '../../../src/core/guest/position.js';
import { Decision, EventBatch, S_VCPU } from '../../../src/core/machine/batch.js';
import { exitAccess, exitGfn, exitReason } from '../../../src/core/machine/guest-port.js';
import { topology } from '../../../src/core/scenarios/topology.js';

export const RWX = SPTE.WRITABLE | SPTE.EXEC | SPTE.ACCESSED | SPTE.DIRTY;
export const RX = SPTE.EXEC | SPTE.ACCESSED;

export interface Exit {
  readonly reason: string;
  readonly gfn: number;
  readonly access: number;
}

export class Tiny {
  readonly w: World;
  readonly guest: Guest;
  readonly batch = new EventBatch(4_096);
  readonly out = new Decision(this.batch);
  readonly events: RootlineEvent[] = [];
  readonly position: number;
  root = 0;
  private nextPage = 0;

  constructor(
    program: Int32Array,
    options: { smm?: Int32Array; constants?: Record<string, number>; topology?: Partial<Topology> } = {},
  ) {
    this.w = new World(topology({ pages: 64, ...options.topology }));
    this.guest = new Guest([{ program, smm: options.smm ?? new Int32Array(8) }], options.constants ?? {});
    this.position = this.w.layout.program;
    this.vcpuWord(VCPU.STATE, VCPU_STATE.live);
    this.root = this.newPage(PAGE_KIND.root, 4);
    this.enter();
  }

  vcpuWord(field: number, value: number): void {
    this.w.s[this.w.vcpu(0) + field] = value;
  }

  newPage(kind: number, level: number): number {
    const page = this.nextPage++;
    this.w.s[this.w.page(page) + PAGE.KIND] = kind;
    this.w.s[this.w.page(page) + PAGE.LEVEL] = level;
    return page;
  }

  enter(): void {
    this.vcpuWord(VCPU.ENTERED_ROOT, this.root + 1);
  }

  /** A fresh, empty root, as after a reset of the context under v5.18; its load flushes the TLB. */
  newRoot(): void {
    this.root = this.newPage(PAGE_KIND.root, 4);
    this.flush();
  }

  flush(): void {
    EVOLVE[E.TlbFlushed](this.w, 0, 0, FLUSH.LOAD, 0, 0);
  }

  map(gfn: number, flags: number): void {
    let table = this.root;
    for (let level = 4; level > 1; level--) {
      const at = this.w.entry(table, this.w.indexAt(gfn, level));
      if (this.w.s[at] === 0) this.w.s[at] = make_nonleaf_spte(this.newPage(PAGE_KIND.table, level - 1));
      table = this.w.s[at] >>> 8;
    }
    this.w.s[this.w.entry(table, this.w.indexAt(gfn, 1))] = make_leaf_spte(gfn, flags);
  }

  set(gfn: number, spte: number): void {
    this.map(gfn, 0);
    let table = this.root;
    for (let level = 4; level > 1; level--) table = this.w.spte(table, this.w.indexAt(gfn, level)) >>> 8;
    this.w.s[this.w.entry(table, this.w.indexAt(gfn, 1))] = spte;
  }

  /** One guest step, applied. */
  step(): Exit | null {
    this.batch.length = 0;
    const answer = this.guest.step(this.w, 0, this.position, this.out);
    for (let i = 0; i < this.batch.length; i++) {
      const b = this.batch;
      this.events.push(decodeEvent(b, i));
      EVOLVE[b.type[i]](this.w, 0, b.subject[i] >> 4, b.a[i], b.b[i], b.c[i]);
    }
    this.w.s.set(this.guest.staged, this.position);
    if (exitReason(answer) === EXIT.NONE) return null;
    return { reason: EXIT_NAMES[exitReason(answer)], gfn: exitGfn(answer), access: exitAccess(answer) };
  }

  /** Steps until the guest exits; the number of steps is kept in `steps`. */
  steps = 0;
  run(): Exit {
    for (this.steps = 1; this.steps < 10_000; this.steps++) {
      const exit = this.step();
      if (exit === null) continue;
      this.enter();
      return exit;
    }
    throw new Error('the guest never exits');
  }

  count(type: RootlineEvent['type']): number {
    return this.events.filter((e) => e.type === type).length;
  }
  /** Instructions and time told so far. */
  retired(): { instructions: number; ns: number } {
    const out = { instructions: 0, ns: 0 };
    for (const e of this.events) {
      if (e.type !== 'GuestRetired') continue;
      out.instructions += e.instructions;
      out.ns += e.ns;
    }
    return out;
  }

  static readonly words = GUEST_WORDS;
  static readonly subject = S_VCPU;
}

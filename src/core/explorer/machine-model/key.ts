// What identifies a state: every word that can decide what happens next, and no other. Left out: names that are only told
// (numbers of roots by birth, sites, counters of the log), what is a function of other words, the contents of free pages, time.
// With symmetry, pages are named in the order in which they are met (roots by their list, tables by their parents), threads
// that run the same script are ordered by where they stand, and of free pages only those keep a place that something still
// points to. Equal keys, equal futures, up to those names.
import {
  FRAME,
  LOCK,
  LOCKS_PER_VM,
  MACHINE,
  PAGE,
  PAGE_KIND,
  ROOT_SLOTS,
  STACK,
  THREAD,
  TLB_WORDS,
  VCPU,
  VM,
} from '../../aggregates/layout.js';
import { is_nonleaf_spte, make_nonleaf_spte, spte_to_child } from '../../aggregates/spte.js';
import type { World } from '../../aggregates/world.js';
import type { Machine } from '../../machine/machine.js';
import type { BuiltLitmus } from '../../scenarios/litmus/litmus.js';
import { LOCAL, type LocalKinds } from './locals.js';
import { type Facts, ITERATORS, type Taken } from './memory.js';
import { Places } from './places.js';
import type { Reached } from './reached.js';

/** Sizes of the records as this file knows them: with others a word of them might be the name of a page. */
const KNOWN = { MACHINE: 20, VM: 28, VCPU: 24, PAGE: 26, THREAD: 18, LOCK: 4 } as const;

export function layoutIsKnown(): boolean {
  return (
    MACHINE.WORDS === KNOWN.MACHINE &&
    VM.WORDS === KNOWN.VM &&
    VCPU.WORDS === KNOWN.VCPU &&
    PAGE.WORDS === KNOWN.PAGE &&
    THREAD.WORDS === KNOWN.THREAD &&
    LOCK.WORDS === KNOWN.LOCK
  );
}

/** Words of a VM that are kept as they are. */
const VM_RAW: readonly number[] = Array.from({ length: VM.WORDS }, (_, k) => k).filter(
  (k) =>
    ![VM.ROOTS_HEAD, VM.ROOTS_TAIL, VM.ROOTS, VM.WQ_HEAD, VM.WQ_TAIL, VM.WQ_PENDING].includes(k as never) &&
    ![VM.SLOTS_GEN, VM.RANGE_START, VM.RANGE_END, VM.SRCU_SYNC, VM.SRCU_BLOCKERS].includes(k as never),
);
/** Words of a vCPU that are kept as they are; its roots are pages, INDEX is a name. */
const VCPU_RAW: readonly number[] = Array.from({ length: VCPU.WORDS }, (_, k) => k).filter(
  (k) =>
    ![VCPU.INDEX, VCPU.EXITS_SINCE_PROGRESS, VCPU.ENTERED_ROOT].includes(k as never) &&
    !ROOT_SLOTS.includes(k as never),
);
const VCPU_PAGES = [...ROOT_SLOTS, VCPU.ENTERED_ROOT] as const;
const THREAD_RAW: readonly number[] = [
  THREAD.RCU_NESTING,
  THREAD.RCU_BLOCKS_GP,
  THREAD.SRCU_VM,
  THREAD.SRCU_BLOCKS,
  THREAD.WAITS_LOCK,
  THREAD.WAITS_MODE,
  THREAD.HELD0,
  THREAD.HELD1,
  THREAD.HELD2,
  THREAD.HELD3,
  THREAD.HELD4,
  THREAD.WORK_VM,
  THREAD.WORK_FLUSH,
  THREAD.COMMAND,
  THREAD.COMMAND_AT,
];

export class StateKey {
  /** Most words that `write` writes. */
  readonly most: number;
  private readonly w: World;
  private readonly s: Int32Array;
  private out: Int32Array = new Int32Array(0);
  private n = 0;
  /** Name of each page in this state, from 1; 0: none yet. */
  private readonly nameOf: Int32Array;
  private readonly order: Int32Array;
  private named = 0;
  private readonly places: Places;
  private readonly threadAt: Int32Array;
  private readonly threadName: Int32Array;
  private readonly vcpuAt: Int32Array;
  private readonly vcpuName: Int32Array;
  private readonly facts: Facts;
  private readonly by: ReadonlyMap<string, readonly Int32Array[]>;
  private readonly special: ReadonlyMap<number, readonly Int32Array[]>;
  private readonly raw: readonly Int32Array[];
  private readonly symmetry: boolean;
  private readonly moved: Uint8Array;

  constructor(
    m: Machine,
    litmus: BuiltLitmus,
    private readonly kinds: LocalKinds,
    memory: Int32Array,
    facts: Facts,
    taken: readonly Taken[] | null,
    symmetry: boolean,
    private readonly reached: Reached,
  ) {
    const { w } = m;
    const { topology } = w.layout;
    this.w = w;
    this.s = m.s;
    // Where a word might be a name that is not known to be one, names stay.
    this.symmetry = symmetry && taken !== null && kinds.unknown.length === 0 && layoutIsKnown();
    this.nameOf = new Int32Array(topology.pages);
    this.order = new Int32Array(topology.pages);
    this.places = new Places(w, litmus, kinds, THREAD_RAW, VCPU_RAW);
    this.threadAt = this.places.threadAt;
    this.threadName = this.places.threadName;
    this.vcpuAt = this.places.vcpuAt;
    this.vcpuName = this.places.vcpuName;
    this.facts = facts;
    const by = new Map<string, Int32Array[]>();
    const special = new Map<number, Int32Array[]>();
    for (const { number, held, words } of taken ?? []) {
      const map = held === 'special' ? special : by;
      const key = (held === 'special' ? number : held) as never;
      map.set(key, [...((map.get(key) as Int32Array[] | undefined) ?? []), words] as never);
    }
    this.by = by;
    this.special = special;
    this.raw = taken === null ? [memory] : [];
    this.moved = new Uint8Array(w.vcpus);
    for (const group of litmus.alike)
      for (const t of group) if ((litmus.vcpuOf[t] ?? -1) >= 0) this.moved[litmus.vcpuOf[t] as number] = 1;
    this.most = w.layout.words + memory.length + 16 * w.threads + 24 * topology.pages + 64 * w.vcpus + 256;
  }

  /** True when names are exchanged: false where something is not known well enough. */
  get merges(): boolean {
    return this.symmetry;
  }

  /** The thread whose place the last key gave to thread t. */
  placeOf(t: number): number {
    return this.threadName[t];
  }

  write(to: Int32Array): number {
    this.out = to;
    this.n = 0;
    const { nameOf, order } = this;
    if (this.symmetry) {
      for (let k = 0; k < this.named; k++) nameOf[order[k]] = 0;
      this.named = 0;
      this.places.arrange();
    } else {
      this.named = this.s[MACHINE.PAGES_HIGH];
      for (let p = 0; p < this.named; p++) {
        nameOf[p] = p + 1;
        order[p] = p;
      }
    }
    this.machine();
    for (let vm = 0; vm < this.w.vms; vm++) this.vm(vm);
    for (const memory of this.raw) for (let k = 0; k < memory.length; k++) this.put(memory[k]);
    for (let k = 0; k < this.vcpuAt.length; k++) this.vcpu(this.vcpuAt[k]);
    for (let k = 0; k < this.threadAt.length; k++) this.thread(this.threadAt[k]);
    // Tables are named as the entries that lead to them are met.
    for (let k = 0; k < this.named; k++) this.page(order[k]);
    this.freePages();
    return this.n;
  }

  private put(word: number): void {
    this.out[this.n++] = word;
  }

  /** Name of page p, given now if it has none. */
  private name(p: number): number {
    let name = this.nameOf[p];
    if (name === 0) {
      this.order[this.named++] = p;
      name = this.named;
      this.nameOf[p] = name;
    }
    return name;
  }
  private putPage(addressPlusOne: number): void {
    this.put(addressPlusOne > 0 ? this.name(addressPlusOne - 1) : addressPlusOne);
  }
  private spte(spte: number): number {
    if (!is_nonleaf_spte(spte)) return spte;
    const child = spte_to_child(spte);
    return spte - make_nonleaf_spte(child) + make_nonleaf_spte(this.name(child));
  }
  /** An offset of an entry + 1. */
  private putEntry(offsetPlusOne: number): void {
    if (offsetPlusOne === 0) {
      this.put(0);
      return;
    }
    const at = offsetPlusOne - 1 - this.w.entry(0, 0);
    const table = at >>> this.w.tableBits;
    this.put((this.name(table) << this.w.tableBits) + (at & this.w.tableMask) + 1);
  }
  private putThread(threadPlusOne: number): void {
    this.put(threadPlusOne === 0 ? 0 : this.threadName[threadPlusOne - 1] + 1);
  }

  private machine(): void {
    const { s } = this;
    this.put(s[MACHINE.GP_ACTIVE]);
    this.rcuList(s[MACHINE.GP_NEXT], false);
    this.rcuList(s[MACHINE.GP_CURRENT], false);
    this.rcuList(s[MACHINE.GP_DONE], true);
    const { layout, vms, slotsPerAddressSpace } = this.w;
    for (let at = layout.slot; at < this.w.slot(vms * 2 * slotsPerAddressSpace); at++) this.put(s[at]);
    for (let at = layout.barrier; at < layout.tlb; at++) {
      if (s[at] !== 0) this.put(((at - layout.barrier + 1) << 16) | s[at]);
    }
    this.put(-1);
    for (let at = layout.dirty; at < layout.page; at++) this.put(s[at]);
    for (let id = 0; id < vms * LOCKS_PER_VM; id++) {
      const l = this.w.lock(id);
      this.put(
        (s[l + LOCK.WRITER] === 0 ? 0 : this.threadName[s[l + LOCK.WRITER] - 1] + 1) |
          (s[l + LOCK.READERS] << 8) |
          (s[l + LOCK.WAITING_WRITERS] << 16) |
          (s[l + LOCK.WAITING_READERS] << 24),
      );
    }
    const clock = this.special.get(5)?.[0];
    if (clock !== undefined) this.put(clock[0] - clock[1]);
  }

  /**
   * Of pages that nothing leads to it only matters that there are some; how many, where each callback that runs must change the
   * key: a step that leaves it as it is would look like a way back.
   */
  private rcuList(first: number, counted: boolean): void {
    let anonymous = 0;
    for (let p = first; p !== 0; p = this.s[this.w.page(p - 1) + PAGE.RCU_NEXT]) {
      if (this.symmetry && !this.reached.has(p - 1)) {
        anonymous++;
        continue;
      }
      if (anonymous > 0) this.put(counted ? -1 - anonymous : 0);
      anonymous = 0;
      this.putPage(p);
    }
    if (anonymous > 0) this.put(counted ? -1 - anonymous : 0);
    this.put(-1);
  }

  private vm(vm: number): void {
    const { s, w } = this;
    const at = w.vm(vm);
    for (const field of VM_RAW) this.put(s[at + field]);
    if (s[at + VM.IN_PROGRESS] !== 0) {
      this.put(s[at + VM.RANGE_START]);
      this.put(s[at + VM.RANGE_END]);
    }
    this.putThread(s[at + VM.SRCU_SYNC]);
    for (let p = s[at + VM.ROOTS_HEAD]; p !== 0; p = s[w.page(p - 1) + PAGE.NEXT]) this.putPage(p);
    this.put(-1);
    for (let p = s[at + VM.WQ_HEAD]; p !== 0; p = s[w.page(p - 1) + PAGE.WORK_NEXT]) this.putPage(p);
    this.put(-1);
    for (const words of this.by.get('perVm') ?? []) this.put(words[vm]);
  }

  private vcpu(v: number): void {
    const { s, w } = this;
    const at = w.vcpu(v);
    for (const field of VCPU_RAW) this.put(s[at + field]);
    if (!this.symmetry || this.moved[v] === 0) this.put(s[at + VCPU.INDEX]);
    for (const field of VCPU_PAGES) this.putPage(s[at + field]);
    for (const words of this.by.get('perVcpu') ?? []) this.put(words[v]);
    for (const words of this.by.get('perVcpuPage') ?? []) this.putPage(words[v]);
    const requests = this.special.get(34);
    // Whether this vCPU was asked in the running write section: all that is ever compared.
    if (requests !== undefined) this.put(requests[2][v] === requests[1][s[at + VCPU.VM]] ? 1 : 0);
    const { topology } = w.layout;
    this.cache(w.layout.tlb, v, topology.tlbEntries, false);
    this.cache(w.layout.psc, v, topology.pscEntries, true);
    this.cache(w.layout.outer, v, topology.outerEntries, false);
  }

  /** Root, key, value of each entry; a paging-structure entry's value is a table. */
  private cache(base: number, v: number, entries: number, tables: boolean): void {
    const { s } = this;
    const from = base + v * entries * TLB_WORDS;
    for (let at = from; at < from + entries * TLB_WORDS; at += TLB_WORDS) {
      if (s[at] === 0) {
        this.put(0);
        continue;
      }
      this.putPage(s[at]);
      this.put(s[at + 1]);
      if (tables) this.putPage(s[at + 2] + 1);
      else this.put(s[at + 2]);
    }
  }

  private thread(t: number): void {
    const { s, w, facts } = this;
    const at = w.thread(t);
    for (const field of THREAD_RAW) {
      const word = s[at + field];
      if (word !== 0) this.put(((field + 1) << 24) | word);
    }
    this.put(0);
    this.putPage(facts.got[t]);
    this.putPage(facts.put[t]);
    this.putPage(facts.work[t]);
    this.put(facts.zapsAll[t] | (facts.notifier[t] << 8) | (facts.yields[t] << 16));
    for (let k = t * ITERATORS; k < (t + 1) * ITERATORS; k++) {
      const page = facts.iterators[k];
      if (page === 0) continue;
      this.putPage(page);
      this.put(facts.iteratorSerials[k] === w.pageWord(page - 1, PAGE.SERIAL) ? 1 : 0);
    }
    this.put(-1);
    for (const words of this.by.get('perThread') ?? []) this.put(words[t]);
    for (const words of this.by.get('perThreadEntry') ?? []) this.putEntry(words[t]);
    this.frames(t);
    const { program, topology } = w.layout;
    const from = program + t * topology.programWords;
    for (let k = from; k < from + topology.programWords; k++) this.put(s[k]);
  }

  private frames(t: number): void {
    const { s, w, vcpuName, kinds } = this;
    const { byStep } = kinds;
    const stack = w.layout.stack + t * w.layout.topology.stackWords;
    for (let fo = s[stack + STACK.FRAME]; fo !== 0; fo = s[fo + FRAME.BELOW]) {
      const step = s[fo + FRAME.STEP];
      this.put(step + 1);
      const locals = byStep[step];
      const from = fo + FRAME.LOCALS;
      for (let k = 0; k < locals.length; k++) {
        const word = s[from + k];
        switch (locals[k]) {
          case LOCAL.word:
            this.put(word);
            break;
          case LOCAL.page:
            this.put(word >= 0 ? this.name(word) : word);
            break;
          case LOCAL.spte:
            this.put(this.spte(word));
            break;
          case LOCAL.vcpu:
            this.put(word >= 0 && word < vcpuName.length ? vcpuName[word] : word);
            break;
          default:
        }
      }
    }
    this.put(0);
  }

  private page(p: number): void {
    const { s, w } = this;
    const at = w.page(p);
    const kind = s[at + PAGE.KIND];
    if (kind === PAGE_KIND.free) {
      // Who still points here would be reported, by what the page was last.
      this.put(s[at + PAGE.SERIAL] !== 0 ? -2 : -3);
      return;
    }
    this.put(
      kind |
        (s[at + PAGE.LISTED] << 2) |
        (s[at + PAGE.SCHEDULED] << 3) |
        (s[at + PAGE.WORK] << 4) |
        (s[at + PAGE.WORK_FLUSH] << 6) |
        (s[at + PAGE.RCU] << 7) |
        (s[at + PAGE.LINKED] << 9) |
        (s[at + PAGE.FROZEN] << 10) |
        (s[at + PAGE.LEVEL] << 11) |
        (s[at + PAGE.VM] << 15) |
        (s[at + PAGE.ZAPPING] << 20),
    );
    this.put(s[at + PAGE.GFN]);
    if (kind === PAGE_KIND.root) {
      this.put(s[at + PAGE.ROLE]);
      this.put(s[at + PAGE.REFCOUNT]);
      this.put(s[at + PAGE.HOLD_VCPU] + s[at + PAGE.HOLD_ITERATOR] * 256);
      this.put(s[at + PAGE.HOLD_TDP_MMU] + s[at + PAGE.HOLD_WORK] * 256);
      // A deleted root still leads on for readers that stand on it.
      if (s[at + PAGE.LISTED] === 0) this.putPage(s[at + PAGE.NEXT]);
      this.young(p);
    } else {
      this.putEntry(s[at + PAGE.PARENT] === 0 ? 0 : s[at + PAGE.PARENT] + 1);
    }
    const from = w.entry(p, 0);
    for (let i = 0; i <= w.tableMask; i++) this.put(this.spte(s[from + i]));
    for (const words of this.by.get('perPage') ?? []) this.put(words[p]);
    for (const words of this.by.get('perPageThread') ?? []) this.putThread(words[p]);
    if (s[at + PAGE.RCU] !== 0) this.queuedForRcu(p);
  }

  /** Whether a fast zap that runs means this root (I15): it was born before. */
  private young(p: number): void {
    const limits = this.special.get(15)?.[0];
    if (limits === undefined) return;
    const at = this.w.page(p);
    this.put(this.s[at + PAGE.SERIAL] < limits[this.s[at + PAGE.VM]] ? 1 : 0);
  }

  /** I5: whether a grace period has passed since, and which open read sections are older. */
  private queuedForRcu(p: number): void {
    const words = this.special.get(5);
    if (words === undefined) return;
    const [clock, begunAt, queuedAs, section] = words;
    this.put(Math.max(0, begunAt[p] - clock[1]));
    let older = 0;
    for (let k = 0; k < this.threadAt.length; k++) {
      const t = this.threadAt[k];
      if (this.w.threadWord(t, THREAD.RCU_NESTING) > 0 && section[t] < queuedAs[p]) older |= 1 << k;
    }
    this.put(older);
  }

  /** Free pages in the order in which they are handed out, as far as something still points to them. */
  private freePages(): void {
    const { s, w } = this;
    let anonymous = 0;
    for (let p = s[MACHINE.FREE_PAGE]; p !== 0; p = s[w.page(p - 1) + PAGE.NEXT]) {
      const name = this.nameOf[p - 1];
      if (name === 0) {
        anonymous++;
        continue;
      }
      this.put(anonymous);
      this.put(name);
      anonymous = 0;
    }
  }
}

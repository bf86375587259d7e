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
  STACK,
  THREAD,
  TLB_WORDS,
  VCPU,
  VM,
} from '../../aggregates/layout.js';
import type { World } from '../../aggregates/world.js';
import { assert } from '../../base/assert.js';
import type { Machine } from '../../machine/machine.js';
import type { BuiltLitmus } from '../../scenarios/litmus/litmus.js';
import { fieldsOf, layoutIsKnown, THREAD_RAW, VCPU_PAGES, VCPU_RAW, VM_RAW } from './key-words.js';
import { LOCAL, type LocalKinds } from './locals.js';
import { type Facts, ITERATORS, type Remembered, remembered, type Taken } from './memory.js';
import { Names } from './names.js';
import { Places } from './places.js';
import type { Reached } from './reached.js';

export class StateKey {
  /** Why names are kept though they were to be exchanged; null: they are not, or were not to be. */
  readonly keepsNames: string | null;
  /** Most words that `write` writes. */
  readonly most: number;
  private readonly w: World;
  private readonly s: Int32Array;
  private out: Int32Array = new Int32Array(0);
  private n = 0;
  private readonly names: Names;
  private readonly places: Places;
  private readonly threadAt: Int32Array;
  private readonly threadName: Int32Array;
  private readonly vcpuAt: Int32Array;
  private readonly vcpuName: Int32Array;
  private readonly facts: Facts;
  private readonly kept: Remembered;
  /** By thread: page + 1 of what it holds. */
  private readonly owned: readonly Int32Array[];
  /** By step number where its entries in `live` begin: LOCAL of each local that is read again + 8 * its number. */
  private readonly liveFrom: Int32Array;
  private readonly live: Int32Array;
  private readonly raw: readonly Int32Array[];
  private readonly symmetry: boolean;
  private readonly moved: Uint8Array;

  constructor(
    m: Machine,
    litmus: BuiltLitmus,
    kinds: LocalKinds,
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
    this.keepsNames = !symmetry
      ? null
      : kinds.unknown.length > 0
        ? `what these locals hold is not known (machine-model/locals.ts): ${kinds.unknown.join(', ')}`
        : taken === null
          ? 'what an invariant remembers is not known (machine-model/memory.ts)'
          : layoutIsKnown()
            ? null
            : 'a record of the machine has words that are not known (machine-model/key.ts)';
    this.symmetry = symmetry && this.keepsNames === null;
    this.names = new Names(w);
    this.places = new Places(w, litmus, kinds, fieldsOf(THREAD_RAW), fieldsOf(VCPU_RAW));
    this.threadAt = this.places.threadAt;
    this.threadName = this.places.threadName;
    this.vcpuAt = this.places.vcpuAt;
    this.vcpuName = this.places.vcpuName;
    this.facts = facts;
    this.kept = remembered(taken);
    this.owned = [facts.got, facts.put, facts.work];
    const ofVcpu = VCPU.WORDS + this.kept.perVcpu.length + this.kept.perVcpuPage.length + 1;
    const ofThread = THREAD.WORDS + 5 + this.kept.perThread.length + this.kept.perThreadEntry.length;
    assert(Math.max(VM.WORDS, ofVcpu, ofThread) <= 32, 'a mask has a bit for each word of a record');
    const live = kinds.byStep.map((locals) =>
      [...locals].flatMap((kind, k) => (kind === LOCAL.told ? [] : [kind + k * 8])),
    );
    this.liveFrom = new Int32Array(live.length + 1);
    live.forEach((own, step) => {
      this.liveFrom[step + 1] = this.liveFrom[step] + own.length;
    });
    this.live = Int32Array.from(live.flat());
    this.raw = taken === null ? [memory] : [];
    this.moved = new Uint8Array(w.vcpus);
    for (const group of litmus.alike)
      for (const t of group) if ((litmus.vcpuOf[t] ?? -1) >= 0) this.moved[litmus.vcpuOf[t] as number] = 1;
    this.most = w.layout.words + memory.length + 24 * w.threads + 24 * topology.pages + 64 * w.vcpus + 256;
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
    if (this.symmetry) {
      this.names.forget();
      this.places.arrange();
    } else {
      this.names.keep(this.s[MACHINE.PAGES_HIGH]);
    }
    this.machine();
    for (let vm = 0; vm < this.w.vms; vm++) this.vm(vm);
    for (const memory of this.raw) for (let k = 0; k < memory.length; k++) this.put(memory[k]);
    for (let k = 0; k < this.vcpuAt.length; k++) this.vcpu(this.vcpuAt[k]);
    for (let k = 0; k < this.threadAt.length; k++) this.thread(this.threadAt[k]);
    // Tables are named as the entries that lead to them are met.
    const { names } = this;
    for (let k = 0; k < names.named; k++) this.page(names.order[k]);
    this.freePages();
    return this.n;
  }

  private put(word: number): void {
    this.out[this.n++] = word;
  }

  private putPage(addressPlusOne: number): void {
    this.put(this.names.named1(addressPlusOne));
  }
  private threadNamed1(threadPlusOne: number): number {
    return threadPlusOne === 0 ? 0 : this.threadName[threadPlusOne - 1] + 1;
  }

  /** Words that are mostly 0: for every 32 of them which are not, and those. */
  private sparse(from: number, to: number): void {
    for (let at = from; at < to; at += 32) {
      const maskAt = this.n++;
      this.out[maskAt] = this.record(at, Math.min(32, to - at), -1);
    }
  }

  /** Of so many words those of `keep` that are not 0; returns which these are. */
  private record(at: number, words: number, keep: number): number {
    const { s, out } = this;
    let { n } = this;
    let mask = 0;
    for (let k = 0, bit = 1; k < words; k++, bit <<= 1) {
      const word = s[at + k];
      if (word === 0 || (keep & bit) === 0) continue;
      mask |= bit;
      out[n++] = word;
    }
    this.n = n;
    return mask;
  }

  private machine(): void {
    const { s } = this;
    this.put(s[MACHINE.GP_ACTIVE]);
    this.rcuList(s[MACHINE.GP_NEXT], false);
    this.rcuList(s[MACHINE.GP_CURRENT], false);
    this.rcuList(s[MACHINE.GP_DONE], true);
    const { layout, vms, slotsPerAddressSpace } = this.w;
    this.sparse(layout.slot, this.w.slot(vms * 2 * slotsPerAddressSpace));
    this.sparse(layout.barrier, layout.tlb);
    this.sparse(layout.dirty, layout.page);
    for (let id = 0; id < vms * LOCKS_PER_VM; id++) {
      const l = this.w.lock(id);
      const word =
        this.threadNamed1(s[l + LOCK.WRITER]) |
        (s[l + LOCK.READERS] << 8) |
        (s[l + LOCK.WAITING_WRITERS] << 16) |
        (s[l + LOCK.WAITING_READERS] << 24);
      if (word === 0) continue;
      this.put(id);
      this.put(word);
    }
    this.put(-1);
    const clock = this.kept.rcuWords?.[0];
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
    const maskAt = this.n++;
    this.out[maskAt] = this.record(at, VM.WORDS, VM_RAW);
    if (s[at + VM.IN_PROGRESS] !== 0) {
      this.put(s[at + VM.RANGE_START]);
      this.put(s[at + VM.RANGE_END]);
    }
    this.put(this.threadNamed1(s[at + VM.SRCU_SYNC]));
    for (let p = s[at + VM.ROOTS_HEAD]; p !== 0; p = s[w.page(p - 1) + PAGE.NEXT]) this.putPage(p);
    this.put(-1);
    for (let p = s[at + VM.WQ_HEAD]; p !== 0; p = s[w.page(p - 1) + PAGE.WORK_NEXT]) this.putPage(p);
    this.put(-1);
    for (const words of this.kept.perVm) this.put(words[vm]);
  }

  private vcpu(v: number): void {
    const { s, w, out } = this;
    const at = w.vcpu(v);
    const { perVcpu, perVcpuPage, asked } = this.kept;
    const maskAt = this.n++;
    let mask = this.record(at, VCPU.WORDS, VCPU_RAW);
    let { n } = this;
    if (!this.symmetry || this.moved[v] === 0) out[n++] = s[at + VCPU.INDEX];
    for (let k = 0; k < VCPU_PAGES.length; k++) {
      const page = s[at + VCPU_PAGES[k]];
      if (page === 0) continue;
      mask |= 1 << VCPU_PAGES[k];
      out[n++] = this.names.named1(page);
    }
    let bit = 1 << VCPU.WORDS;
    for (let k = 0; k < perVcpu.length; k++, bit <<= 1) {
      const word = perVcpu[k][v];
      if (word === 0) continue;
      mask |= bit;
      out[n++] = word;
    }
    for (let k = 0; k < perVcpuPage.length; k++, bit <<= 1) {
      const page = perVcpuPage[k][v];
      if (page === 0) continue;
      mask |= bit;
      out[n++] = this.names.named1(page);
    }
    // Whether this vCPU was asked in the running write section: all that is ever compared.
    if (asked !== undefined && asked[2][v] === asked[1][s[at + VCPU.VM]]) mask |= bit;
    out[maskAt] = mask;
    this.n = n;
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
    const { w, facts, out } = this;
    const { perThread, perThreadEntry, ranges } = this.kept;
    const maskAt = this.n++;
    let mask = this.record(w.thread(t), THREAD.WORDS, THREAD_RAW);
    let { n } = this;
    let bit = 1 << THREAD.WORDS;
    const { owned } = this;
    for (let k = 0; k < owned.length; k++, bit <<= 1) {
      const page = owned[k][t];
      if (page === 0) continue;
      mask |= bit;
      out[n++] = this.names.named1(page);
    }
    const doing = facts.zapsAll[t] | (facts.notifier[t] << 8) | (facts.yields[t] << 16);
    if (doing !== 0) {
      mask |= bit;
      out[n++] = doing;
    }
    bit <<= 1;
    if (facts.iteratorsHeld[t] !== 0) {
      mask |= bit;
      for (let k = t * ITERATORS; k < (t + 1) * ITERATORS; k++) {
        const page = facts.iterators[k];
        if (page === 0) continue;
        out[n++] = this.names.named1(page);
        out[n++] = facts.iteratorSerials[k] === w.pageWord(page - 1, PAGE.SERIAL) ? 1 : 0;
      }
      out[n++] = -1;
    }
    bit <<= 1;
    for (let k = 0; k < perThread.length; k++, bit <<= 1) {
      const word = perThread[k][t];
      if (word === 0) continue;
      mask |= bit;
      out[n++] = word;
      const range = ranges[k];
      if (range === undefined) continue;
      out[n++] = range[2 * t];
      out[n++] = range[2 * t + 1];
    }
    for (let k = 0; k < perThreadEntry.length; k++, bit <<= 1) {
      const entry = perThreadEntry[k][t];
      if (entry === 0) continue;
      mask |= bit;
      out[n++] = this.names.entry(entry);
    }
    out[maskAt] = mask;
    n = this.frames(t, n);
    this.n = n;
    const { program, topology } = w.layout;
    const from = program + t * topology.programWords;
    this.sparse(from, from + topology.programWords);
  }

  /** Locals that are alive, innermost frame first; how many there are hangs on the step. */
  private frames(t: number, from: number): number {
    const { s, w, out, vcpuName, live, liveFrom } = this;
    let n = from;
    const stack = w.layout.stack + t * w.layout.topology.stackWords;
    for (let fo = s[stack + STACK.FRAME]; fo !== 0; fo = s[fo + FRAME.BELOW]) {
      const step = s[fo + FRAME.STEP];
      out[n++] = step + 1;
      const end = liveFrom[step + 1];
      for (let k = liveFrom[step]; k < end; k++) {
        const kind = live[k] & 7;
        const word = s[fo + FRAME.LOCALS + (live[k] >> 3)];
        if (kind === LOCAL.word) out[n++] = word;
        else if (kind === LOCAL.page) out[n++] = word >= 0 ? this.names.name(word) : word;
        else if (kind === LOCAL.spte) out[n++] = this.names.spte(word);
        else out[n++] = word >= 0 && word < vcpuName.length ? vcpuName[word] : word;
      }
    }
    out[n++] = 0;
    return n;
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
    const { out } = this;
    const { perPage, perPageThread } = this.kept;
    let { n } = this;
    out[n++] =
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
      (s[at + PAGE.ZAPPING] << 20);
    out[n++] = s[at + PAGE.GFN];
    if (kind === PAGE_KIND.root) {
      out[n++] = s[at + PAGE.ROLE];
      out[n++] = s[at + PAGE.REFCOUNT];
      out[n++] = s[at + PAGE.HOLD_VCPU] + s[at + PAGE.HOLD_ITERATOR] * 256;
      out[n++] = s[at + PAGE.HOLD_TDP_MMU] + s[at + PAGE.HOLD_WORK] * 256;
      // A deleted root still leads on for readers that stand on it.
      if (s[at + PAGE.LISTED] === 0) out[n++] = this.names.named1(s[at + PAGE.NEXT]);
      out[n++] = this.isYoung(p) ? 1 : 0;
    } else {
      out[n++] = this.names.entry(s[at + PAGE.PARENT] === 0 ? 0 : s[at + PAGE.PARENT] + 1);
    }
    const end = w.entry(p, 0) + w.tableMask;
    for (let i = w.entry(p, 0); i <= end; i++) out[n++] = this.names.spte(s[i]);
    for (let k = 0; k < perPage.length; k++) out[n++] = perPage[k][p];
    for (let k = 0; k < perPageThread.length; k++) out[n++] = this.threadNamed1(perPageThread[k][p]);
    this.n = n;
    if (s[at + PAGE.RCU] !== 0) this.queuedForRcu(p);
  }

  /** Whether a fast zap that runs means this root (I15): it was born before. */
  private isYoung(p: number): boolean {
    const limits = this.kept.births?.[0];
    const at = this.w.page(p);
    return limits !== undefined && this.s[at + PAGE.SERIAL] < limits[this.s[at + PAGE.VM]];
  }

  /** I5: whether a grace period has passed since, and which open read sections are older. */
  private queuedForRcu(p: number): void {
    const { rcuWords: words } = this.kept;
    if (words === undefined) return;
    const { s, w, threadAt } = this;
    const clock = words[0];
    const begunAt = words[1];
    const queuedAs = words[2];
    const section = words[3];
    this.put(Math.max(0, begunAt[p] - clock[1]));
    let older = 0;
    for (let k = 0; k < threadAt.length; k++) {
      const t = threadAt[k];
      if (s[w.thread(t) + THREAD.RCU_NESTING] > 0 && section[t] < queuedAs[p]) older |= 1 << k;
    }
    this.put(older);
  }

  /** Free pages in the order in which they are handed out, as far as something still points to them. */
  private freePages(): void {
    const { s, w } = this;
    let anonymous = 0;
    for (let p = s[MACHINE.FREE_PAGE]; p !== 0; p = s[w.page(p - 1) + PAGE.NEXT]) {
      const name = this.names.nameOf[p - 1];
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

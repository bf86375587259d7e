// The world: typed views over the flat state. Reading is free for everybody; writing is for `evolve` alone.
import {
  ADDRESS_SPACES,
  Layout,
  LOCK,
  LOCKS_PER_VM,
  MACHINE,
  PAGE,
  SLOT,
  SLOT_STATE,
  THREAD,
  type Topology,
  VCPU,
  VM,
} from './layout.js';
import { REMOVED_SPTE } from './spte.js';

export class World {
  readonly layout: Layout;
  /** World first, machine part behind it (see layout.ts). */
  readonly s: Int32Array;
  readonly tableBits: number;
  readonly tableMask: number;
  readonly vms: number;
  readonly vcpus: number;
  readonly threads: number;
  private readonly vmBase: number;
  private readonly vcpuBase: number;
  private readonly lockBase: number;
  private readonly threadBase: number;
  private readonly slotBase: number;
  private readonly pageBase: number;
  private readonly entriesBase: number;
  private readonly hostBase: number;
  private readonly slotsPerAs: number;

  constructor(topology: Topology | Layout, state?: Int32Array) {
    const layout = topology instanceof Layout ? topology : new Layout(topology);
    this.layout = layout;
    this.s = state ?? new Int32Array(layout.words);
    this.tableBits = layout.topology.tableBits;
    this.tableMask = layout.tableSize - 1;
    this.vms = layout.topology.vms;
    this.vcpus = layout.topology.vcpus;
    this.threads = layout.topology.threads;
    this.vmBase = layout.vm;
    this.vcpuBase = layout.vcpu;
    this.lockBase = layout.lock;
    this.threadBase = layout.thread;
    this.slotBase = layout.slot;
    this.pageBase = layout.page;
    this.entriesBase = layout.entries;
    this.hostBase = layout.hostPage;
    this.slotsPerAs = layout.topology.slots;
    if (state === undefined) this.initialize();
  }

  /** The only state that exists before the first event. Pages are handed out from the first on, returned ones first. */
  private initialize(): void {
    this.s[MACHINE.NEXT_ROOT] = 1;
  }

  /** Back to before the first event; tables that were never used are zero already. */
  reset(): void {
    this.s.fill(0, 0, this.entry(this.s[MACHINE.PAGES_HIGH], 0));
    this.initialize();
  }

  // Offsets of records; add a field of layout.ts.
  vm(i: number): number {
    return this.vmBase + i * VM.WORDS;
  }
  vcpu(i: number): number {
    return this.vcpuBase + i * VCPU.WORDS;
  }
  /** By lock number. */
  lock(id: number): number {
    return this.lockBase + id * LOCK.WORDS;
  }
  thread(t: number): number {
    return this.threadBase + t * THREAD.WORDS;
  }
  /** By slot number (see slotId). */
  slot(id: number): number {
    return this.slotBase + id * SLOT.WORDS;
  }
  page(address: number): number {
    return this.pageBase + address * PAGE.WORDS;
  }
  hostPage(page: number): number {
    return this.hostBase + page;
  }
  entry(address: number, index: number): number {
    return this.entriesBase + (address << this.tableBits) + index;
  }

  lockId(vm: number, kind: number): number {
    return vm * LOCKS_PER_VM + kind;
  }
  slotId(vm: number, asId: number, slot: number): number {
    return (vm * ADDRESS_SPACES + asId) * this.slotsPerAs + slot;
  }
  get slotsPerAddressSpace(): number {
    return this.slotsPerAs;
  }
  get hostPages(): number {
    return this.layout.topology.hostPages;
  }

  vmWord(i: number, field: number): number {
    return this.s[this.vmBase + i * VM.WORDS + field];
  }
  vcpuWord(i: number, field: number): number {
    return this.s[this.vcpuBase + i * VCPU.WORDS + field];
  }
  pageWord(address: number, field: number): number {
    return this.s[this.pageBase + address * PAGE.WORDS + field];
  }
  threadWord(t: number, field: number): number {
    return this.s[this.threadBase + t * THREAD.WORDS + field];
  }
  slotWord(id: number, field: number): number {
    return this.s[this.slotBase + id * SLOT.WORDS + field];
  }
  machineWord(field: number): number {
    return this.s[field];
  }
  /** One SPTE as a reader sees it: an empty entry of a frozen table reads as REMOVED. */
  spte(address: number, index: number): number {
    const value = this.s[this.entriesBase + (address << this.tableBits) + index];
    return value === 0 && this.s[this.pageBase + address * PAGE.WORDS + PAGE.FROZEN] !== 0
      ? REMOVED_SPTE
      : value;
  }

  /** Index of gfn in a table of this level. */
  indexAt(gfn: number, level: number): number {
    const shift = this.tableBits * (level - 1);
    // gfns are below 2^31: a level whose entries cover more has one entry in use (and >>> counts modulo 32).
    return shift > 30 ? 0 : (gfn >>> shift) & this.tableMask;
  }
  /** log2 of the pages that one entry of a table of this level covers. */
  entryShift(level: number): number {
    return this.tableBits * (level - 1);
  }

  /** Slot that holds gfn in this address space (active or INVALID), or -1: kvm_vcpu_gfn_to_memslot. */
  findSlot(vm: number, asId: number, gfn: number): number {
    const first = this.slotId(vm, asId, 0);
    for (let k = 0; k < this.slotsPerAs; k++) {
      const at = this.slotBase + (first + k) * SLOT.WORDS;
      if (this.s[at + SLOT.STATE] === SLOT_STATE.none) continue;
      const base = this.s[at + SLOT.BASE_GFN];
      if (gfn >= base && gfn < base + this.s[at + SLOT.PAGES]) return first + k;
    }
    return -1;
  }

  /** A copy that shares nothing. */
  clone(): World {
    return new World(this.layout, this.s.slice());
  }
}

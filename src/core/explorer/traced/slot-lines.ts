// Dirty logging of a memslot, told by what it does: the functions that walk over all roots when it is switched on or off, and entries
// that lose their write bit outside of such a walk when the log is read. One slot: which one is told by the entries.
import type { TracedLine } from '../../imports/event-codec.js';
import type { Calls } from './calls.js';
import type { Steps } from './observed-steps.js';
import type { Doing, SlotCall } from './task-calls.js';

type Of<T extends TracedLine['event']['type']> = Extract<TracedLine['event'], { readonly type: T }>;

/** In the order in which one change of flags calls them. */
const LOG_ON: readonly string[] = [
  'kvm_tdp_mmu_try_split_huge_pages',
  'kvm_tdp_mmu_wrprot_slot',
  'kvm_tdp_mmu_clear_dirty_slot',
];
const LOG_OFF: ReadonlySet<string> = new Set([
  'kvm_tdp_mmu_zap_collapsible_sptes',
  'kvm_tdp_mmu_recover_huge_pages',
]);
const SPTE_PRESENT = 0x1;
const SPTE_WRITABLE = 0x2;
const LOW = 2 ** 31;

export class SlotLines {
  /** Pages of the slot whose writes are logged, as the recording names them. */
  readonly logged = new Set<number>();

  constructor(
    private readonly calls: Calls,
    private readonly steps: Steps,
  ) {}

  /** A walk over all roots begins in this function. */
  walks(caller: string, doing: Doing): void {
    const on = LOG_ON.indexOf(caller);
    if (on < 0 && !LOG_OFF.has(caller)) {
      doing.slot = null;
      return;
    }
    if (on >= 0 && doing.slot?.what === 'log on' && LOG_ON.indexOf(doing.slot.walk) < on)
      doing.slot.walk = caller;
    else this.call({ what: on >= 0 ? 'log on' : 'log off', walk: caller, kept: this.logged.size > 0 }, doing);
  }

  changed({ gfn, level, before, after }: Of<'spteChanged'>, doing: Doing): void {
    const loses = writable(before) && ((after % LOW) & SPTE_PRESENT) !== 0 && !writable(after);
    if (level !== 1 || !loses || doing.fault !== null || doing.closing) return;
    if (doing.slot === null) this.call({ what: 'read log', walk: '', kept: true }, doing);
    if (doing.slot === null) return;
    doing.slot.kept = true;
    this.logged.add(gfn);
  }

  private call(call: SlotCall, doing: Doing): void {
    const { pid, task } = this.steps.line;
    this.calls.runsTask(pid, task, 'vmm', doing);
    doing.memory = null;
    doing.slot = call;
    this.calls.call(doing, call);
  }
}

const writable = (spte: number): boolean => {
  const low = spte % LOW;
  return (low & SPTE_PRESENT) !== 0 && (low & SPTE_WRITABLE) !== 0;
};

// Lines about pages: faults, what they install, and the MMU notifier, in a fault (the host gives the process a page of its own) or by a
// call on memory. Knows where in the process a page of the guest is, from the faults in which the notifier ran.
import { BadInput } from '../../base/errors.js';
import { ACCESS } from '../../events/constants.js';
import type { TracedLine } from '../../imports/event-codec.js';
import type { Calls } from './calls.js';
import type { Steps } from './observed-steps.js';
import { type Doing, type MemoryCall, newFault } from './task-calls.js';

type Of<T extends TracedLine['event']['type']> = Extract<TracedLine['event'], { readonly type: T }>;

const PRESENT_FAULT = 0x1;
const WRITE_FAULT = 0x2;
const FETCH_FAULT = 0x10;
const PAGE_BYTES = 4_096;
const LOW = 2 ** 31;
const SPTE_PRESENT = 0x1;
const SPTE_WRITABLE = 0x2;

const PROTECTED = ACCESS.WRITE | ACCESS.PRESENT;

export class PageLines {
  /** By gfn: whether its page was the process's own when it was first mapped. */
  readonly backed = new Map<number, boolean>();
  /** By gfn: mapped read-only now. */
  private readonly readOnly = new Set<number>();
  /** By gfn: its page of the process, where a line has shown it. */
  private readonly hvaPages = new Map<number, number>();

  constructor(
    private readonly calls: Calls,
    private readonly steps: Steps,
  ) {}

  faulted({ gpa, errorCode }: Of<'pageFault'>, doing: Doing): void {
    if (this.calls.threadOf(doing) === undefined) return;
    const bits = errorCode % LOW;
    const gfn = Math.floor(gpa / PAGE_BYTES);
    let access: number = ACCESS.READ;
    if ((bits & FETCH_FAULT) !== 0) access = ACCESS.EXEC;
    else if ((bits & WRITE_FAULT) !== 0) access = ACCESS.WRITE;
    if ((bits & PRESENT_FAULT) !== 0) access |= ACCESS.PRESENT;
    // A write to what is mapped read-only: the host gives the process a page of its own.
    const copied = (access & ACCESS.WRITE) !== 0 && this.readOnly.has(gfn);
    const fault = newFault(this.steps.line.lineNumber, gfn, access, copied);
    this.calls.call(doing, fault);
    doing.fault = fault;
    this.steps.add('fault', doing.who!, 0, fault, gfn);
  }

  installed({ gfn, level, spte }: Of<'spteSet'>, doing: Doing): void {
    const { fault } = doing;
    const low = spte % LOW;
    if (fault === null || fault.gfn !== gfn) return;
    doing.fault = null;
    // An MMIO entry: not present, or (5.10) with the gfn in the place of a page's number.
    if ((low & SPTE_PRESENT) === 0 || Math.floor(low / PAGE_BYTES) === gfn) {
      this.steps.leave('faults on pages without a memslot');
      return;
    }
    if (level !== 1)
      throw new BadInput(
        'traced-huge',
        `line ${this.steps.line.lineNumber}: a page of level ${level}; expected 4K pages only`,
      );
    fault.kept = true;
    const writable = (low & SPTE_WRITABLE) !== 0;
    fault.writable = writable;
    const protects = (fault.access & PROTECTED) === PROTECTED && writable && !fault.notified;
    if (protects && this.backed.has(gfn) && !this.readOnly.has(gfn))
      this.steps.leave('write protection of pages that no line shows');
    if (!this.backed.has(gfn)) this.backed.set(gfn, writable);
    if (writable) this.readOnly.delete(gfn);
    else this.readOnly.add(gfn);
    this.steps.add('fixed', doing.who!, 0, fault, gfn);
  }

  /** @param walks the notifier goes on to walk over the roots: there is a memslot in that range; null: nothing would show it */
  unmapped({ start, end }: Of<'hvaUnmapped'>, walks: boolean | null, doing: Doing): void {
    const { fault } = doing;
    if (fault !== null) {
      fault.kept = true;
      fault.notified = true;
      this.hvaPages.set(fault.gfn, Math.floor(start / PAGE_BYTES));
      return;
    }
    if (doing.closing) return;
    const gfns = this.mappedIn(Math.floor(start / PAGE_BYTES), Math.ceil(end / PAGE_BYTES));
    if (walks === false || (walks === null && gfns.size === 0)) {
      doing.who = null;
      this.steps.leave('the MMU notifier over memory that is no guest memory');
      return;
    }
    const { pid, task, lineNumber: line } = this.steps.line;
    const call: MemoryCall = { line, start, end, gfns, kept: gfns.size > 0 };
    this.calls.runsTask(pid, task, 'vmm', doing);
    doing.slot = null;
    this.calls.call(doing, call);
    doing.memory = call;
    for (const gfn of gfns) this.readOnly.delete(gfn);
  }

  /** An entry goes while the notifier of a call on memory runs. */
  zapped({ gfn, level, after }: Of<'spteChanged'>, doing: Doing): void {
    if (doing.memory === null || level !== 1 || ((after % LOW) & SPTE_PRESENT) !== 0) return;
    doing.memory.gfns.add(gfn);
    doing.memory.kept = true;
    this.readOnly.delete(gfn);
  }

  /** Pages that were mapped at some time, in a range of pages of the process. */
  private mappedIn(from: number, to: number): Set<number> {
    const out = new Set<number>();
    for (const gfn of this.backed.keys()) {
      const page = this.hvaPageOf(gfn);
      if (page !== null && page >= from && page < to) out.add(gfn);
    }
    return out;
  }

  /** As shown, or as far from the nearest one that was shown as its gfn is: within a memslot that is so. */
  private hvaPageOf(gfn: number): number | null {
    const known = this.hvaPages.get(gfn);
    if (known !== undefined) return known;
    let nearest: number | null = null;
    for (const other of this.hvaPages.keys())
      if (nearest === null || Math.abs(other - gfn) < Math.abs(nearest - gfn)) nearest = other;
    return nearest === null ? null : this.hvaPages.get(nearest)! + gfn - nearest;
  }
}

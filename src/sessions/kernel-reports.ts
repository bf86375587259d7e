// What the kernel itself reported in a stored session: lockdep, WARN_ON, KVM_BUG_ON, refcount_t. Facts of the run, told apart from
// the invariants that were broken (some of which look at these too).
import { E } from '../core/events/catalogue.js';
import { ASSERTION_NAMES } from '../core/events/constants.js';
import { subjectOf } from '../core/events/define.js';
import type { EventStore } from '../store/event-store.port.js';
import { NameTable, type ReadableEvent, readableEvent } from '../store/readable-rows.js';

/** Reports that one answer lists, the first ones; `counts.assertions` of the session has their number. */
export const MAX_KERNEL_REPORTS = 1_000;

export interface KernelReport extends ReadableEvent {
  /** LOCKDEP_HELD_WRITE, REFCOUNT_UNDERFLOW ... */
  readonly assertion: string;
}

export async function kernelReports(store: EventStore, id: string): Promise<KernelReport[]> {
  const { progress } = await store.getSession(id);
  const expected = Math.min(progress?.counts['assertions'] ?? 0, MAX_KERNEL_REPORTS);
  const out: KernelReport[] = [];
  if (expected === 0) return out;
  const names = new NameTable(await store.dictionary(id));
  const filters = { types: [E.AssertionFired], subject: subjectOf('machine', 0) };
  for (let from: number | null = 1; from !== null && out.length < expected; ) {
    const { rows, next } = await store.readRows(id, { from, limit: expected - out.length, filters });
    for (let i = 0; i < rows.length; i++) {
      const event = readableEvent(rows, i, names);
      out.push({ assertion: ASSERTION_NAMES[Number(event.values.assertion)] ?? 'unknown', ...event });
    }
    from = next;
  }
  return out;
}

// Which words of the records identify a state as they are, and which are names of pages. Not here: what is only told, what is
// a function of other words, and what key.ts treats in a way of its own.
import { LOCK, MACHINE, PAGE, ROOT_SLOTS, THREAD, VCPU, VM } from '../../aggregates/layout.js';

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

const bits = (fields: readonly number[]): number => fields.reduce((mask, field) => mask | (1 << field), 0);
const without = (words: number, ...fields: readonly number[]): number => ((1 << words) - 1) & ~bits(fields);

/** Fields of such a mask. */
export function fieldsOf(mask: number): number[] {
  return Array.from({ length: 32 }, (_, k) => k).filter((k) => (mask & (1 << k)) !== 0);
}

/** Words of a VM that are kept as they are: a bit each. */
export const VM_RAW = without(
  VM.WORDS,
  VM.ROOTS_HEAD,
  VM.ROOTS_TAIL,
  VM.ROOTS,
  VM.WQ_HEAD,
  VM.WQ_TAIL,
  VM.WQ_PENDING,
  VM.SLOTS_GEN,
  VM.RANGE_START,
  VM.RANGE_END,
  VM.SRCU_SYNC,
  VM.SRCU_BLOCKERS,
);
/** Words of a vCPU that are kept as they are; its roots are pages, INDEX is a name. */
export const VCPU_PAGES = [...ROOT_SLOTS, VCPU.ENTERED_ROOT] as const;
export const VCPU_RAW = without(VCPU.WORDS, VCPU.INDEX, VCPU.EXITS_SINCE_PROGRESS, ...VCPU_PAGES);
export const THREAD_RAW = without(THREAD.WORDS, THREAD.AT_BARRIER, THREAD.ENDED, THREAD.WORK_SERIAL);

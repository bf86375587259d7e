// What a litmus needs of the machine, from what its threads do: so that who writes one states no sizes. Larger than needed costs
// memory of a search, so the text may state what differs (`sizes:`).
import type { Topology } from '../../../aggregates/layout.js';
import { IOCTL } from '../../../events/constants.js';
import { CONTROL, INSTRUCTION_WORDS } from '../../../userspace/script.js';
import { SLOT_PAGES, WITH_GUEST } from '../litmus.js';
import { LITMUS_LIMITS } from './limits.js';

/** Sizes that the text may state: its word for each, and the most. */
export const STATED: readonly { readonly word: string; readonly of: keyof Topology; readonly max: number }[] =
  [
    { word: 'pages', of: 'pages', max: LITMUS_LIMITS.pages },
    { word: 'host pages', of: 'hostPages', max: LITMUS_LIMITS.hostPages },
    { word: 'slots', of: 'slots', max: LITMUS_LIMITS.slots },
    { word: 'table bits', of: 'tableBits', max: LITMUS_LIMITS.tableBits },
    { word: 'tlb', of: 'tlbEntries', max: LITMUS_LIMITS.cacheEntries },
    { word: 'psc', of: 'pscEntries', max: LITMUS_LIMITS.cacheEntries },
    { word: 'outer', of: 'outerEntries', max: LITMUS_LIMITS.cacheEntries },
    { word: 'stack words', of: 'stackWords', max: LITMUS_LIMITS.stackWords },
    { word: 'program words', of: 'programWords', max: LITMUS_LIMITS.programWords },
  ];

/** Calls whose first two operands are pages of the process. */
const ON_PAGES: ReadonlySet<number> = new Set([
  IOCTL.MEMSET,
  IOCTL.MADVISE_DONTNEED,
  IOCTL.MPROTECT,
  IOCTL.MMAP_FIXED,
  IOCTL.MUNMAP,
  IOCTL.FORK,
  IOCTL.CHILD_EXIT,
  IOCTL.COLLAPSE,
  IOCTL.AGE,
  IOCTL.TEST_AGE,
]);

/** Pages for roots and tables, and the deepest stacks seen, with room to spare. */
const PAGES = 40;
const STACK_WORDS = { withoutGuest: 280, withGuest: 312 };

/** One instruction of a thread's script. */
export interface Instruction {
  readonly thread: number;
  readonly op: number;
  /** Words of the instruction, the opcode first. */
  readonly words: Int32Array;
}

export function* instructionsOf(scripts: readonly Int32Array[]): Generator<Instruction> {
  for (const [thread, script] of scripts.entries())
    for (let at = 0; at < script.length && script[at] !== CONTROL.END; at += INSTRUCTION_WORDS)
      yield { thread, op: script[at]!, words: script.subarray(at, at + INSTRUCTION_WORDS) };
}

/** @param vmm scripts of the threads that make calls of user space */
export function usualSizes(
  vmm: readonly Int32Array[],
  withGuest: boolean,
): Omit<Topology, 'vms' | 'threads' | 'vcpus'> {
  let hostPages = SLOT_PAGES;
  let slots = 1;
  for (const { op, words } of instructionsOf(vmm)) {
    const [, first = 0, count = 0, slot = 0, , pages = 0, hvaPage = 0] = words;
    if (ON_PAGES.has(op)) hostPages = Math.max(hostPages, first + count);
    if (op !== IOCTL.KVM_SET_USER_MEMORY_REGION) continue;
    hostPages = Math.max(hostPages, hvaPage + pages);
    slots = Math.max(slots, slot + 1);
  }
  return {
    pages: PAGES,
    hostPages,
    slots,
    tableBits: 1,
    tlbEntries: withGuest ? (WITH_GUEST.tlbEntries ?? 0) : 0,
    pscEntries: withGuest ? (WITH_GUEST.pscEntries ?? 0) : 0,
    outerEntries: 0,
    stackWords: withGuest ? STACK_WORDS.withGuest : STACK_WORDS.withoutGuest,
    programWords: withGuest ? (WITH_GUEST.programWords ?? 0) : 0,
  };
}

// Where a guest is: words of the machine part of the state, per thread (behind the user-space program's own words), so
// that a snapshot or a fork carries them. A thread runs one vCPU for as long as it lives.
import { LOOP_DEPTH } from './program.js';

export const POSITION = {
  /** Instructions retired and not told yet: one GuestRetired tells many. */
  RETIRED: 0,
  /** Set while the SMM handler runs; it starts at its beginning at each entry. */
  IN_SMM: 1,
  /** HAVE bits: translations that the current instruction has got already. Forgotten at an exit. */
  HAVE: 2,
  /** gfn + 1 of the EPT violation that the guest left with, and the context it happened in. */
  FAULT: 3,
  FAULT_CONTEXT: 4,
  CONTEXTS: 6,
} as const;

/** Words of each of the two contexts: normal and SMM. */
export const CONTEXT = {
  PC: 0,
  /** Page of a touch, or of a phase's window. */
  INDEX: 1,
  /** Turn of a phase. */
  TURN: 2,
  /** 1: the turn's window and compute time are done, its exit is next. */
  PART: 3,
  LOOP0: 4,
  WORDS: 4 + LOOP_DEPTH,
} as const;

export const NORMAL = POSITION.CONTEXTS;
export const SMM = POSITION.CONTEXTS + CONTEXT.WORDS;
export const GUEST_WORDS = POSITION.CONTEXTS + 2 * CONTEXT.WORDS;

export const HAVE = { CODE: 1, READ: 2, WRITE: 4, EXEC: 8 } as const;

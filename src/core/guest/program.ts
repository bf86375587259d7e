// Guest programs: what a vCPU executes, as data. Fixed-width instructions in one Int32Array; data blocks of phases lie
// behind the last instruction. The bytes of guest memory do not exist: an instruction is the pages it needs, the time
// it takes, and the exit it causes. Every instruction needs its code page
// (`withoutCode` leaves that out); a touch needs its data page besides.
import { assert } from '../base/assert.js';
import type { GrowingWords } from '../base/growing-words.js';
import { ACCESS, CPU_STATE, EXIT, MILESTONE } from '../events/constants.js';

/** Operation codes; the operands stand behind, see the builder. Append, never reorder. */
export const INSN = {
  END: 0,
  TOUCH: 1,
  COMPUTE: 2,
  EXIT: 3,
  MOVDR: 4,
  MILESTONE: 5,
  LOOP: 6,
  AGAIN: 7,
  PHASE: 8,
} as const;
export const INSN_WORDS = 8;

/** How a touch uses its page. `rmw` reads first, as the hardware does: two translations, and two faults on a fresh page. */
export const TOUCH = { read: 1, write: 2, rmw: 3, exec: 4 } as const;
export type TouchAccess = keyof typeof TOUCH;

/** In place of a code page: what the instruction is fetched from is left out (guests of a litmus). */
export const NO_CODE = -1;

/** Loops may stand in loops this deep. */
export const LOOP_DEPTH = 3;

/** Words of a phase's data block; the exits of its turns follow, one word each, packed by `packExit`. */
export const PHASE = { TURNS: 0, WINDOW: 1, BASE: 2, PAGES: 3, COMPUTE_US: 4, WORDS: 8 } as const;

/** An exit in a schedule: reason, ACCESS bits and port, as guestExit() packs them. */
export function packExit(reason: number, access = 0, port = 0): number {
  assert(port >= 0 && port < 0x8000, 'a scheduled exit has a port below 0x8000');
  return reason + access * 256 + port * 65_536;
}

export interface PhaseOptions {
  /** Exits of the phase in order, packed by `packExit`. EXIT.DR_ACCESS stands for a MOV-DR, which may run without one. */
  readonly exits: readonly number[];
  /** Pages touched (written) before each exit. */
  readonly window: number;
  /** First page, and how far the window's start moves during the phase. */
  readonly base: number;
  readonly pages: number;
  /** Guest time of the whole phase, spread evenly over its turns. */
  readonly computeUs: number;
}

/** Writes a program. `code(gfn)` sets the page that the instructions after it are fetched from. */
export class GuestProgramBuilder {
  private readonly words: number[] = [];
  private readonly phases: { readonly at: number; readonly options: PhaseOptions }[] = [];
  private codeGfn = 0;
  private readonly loops: number[] = [];

  code(gfn: number): this {
    this.codeGfn = gfn;
    return this;
  }

  /** Instructions from here on need no code page: each access of theirs is one translation. */
  withoutCode(): this {
    return this.code(NO_CODE);
  }

  private put(op: number, a = 0, b = 0, c = 0, d = 0): this {
    this.words.push(op, this.codeGfn, a, b, c, d, 0, 0);
    return this;
  }

  /** One instruction for each of `count` pages from baseGfn on. */
  touch(access: TouchAccess, baseGfn: number, count = 1, stride = 1): this {
    return this.put(INSN.TOUCH, baseGfn, count, stride, TOUCH[access]);
  }

  /** Instructions that need nothing but their code page, together this long. */
  compute(ns: number): this {
    return this.put(INSN.COMPUTE, ns);
  }

  /** An instruction that exits and that KVM completes: the guest goes on behind it. */
  exit(reason: number, access = 0, data = 0): this {
    return this.put(INSN.EXIT, reason, access, data);
  }
  /** OUT to a port. Port 0x10 ends a round, 0xb2 asks user space for an SMI (machine/guest-port.ts). */
  out(port: number): this {
    return this.exit(EXIT.IO_INSTRUCTION, ACCESS.WRITE, port);
  }
  in(port: number): this {
    return this.exit(EXIT.IO_INSTRUCTION, ACCESS.READ, port);
  }
  hlt(): this {
    return this.exit(EXIT.HLT);
  }
  rsm(): this {
    return this.exit(EXIT.RSM);
  }
  readCr(): this {
    return this.exit(EXIT.CR_ACCESS, ACCESS.READ);
  }
  /** A control-register write that flips these CPU_STATE bits (never SMM: only an SMI and RSM change that). */
  writeCr(flips: number): this {
    assert((flips & CPU_STATE.SMM) === 0, 'a control-register write does not change SMM');
    return this.exit(EXIT.CR_ACCESS, ACCESS.WRITE, flips);
  }

  /** MOV to a debug register: runs only while KVM has the guest's debug registers loaded, else it exits. */
  movDr(): this {
    return this.put(INSN.MOVDR);
  }

  /** Tells the reader of the log how far the guest is; takes no time and needs no page. */
  milestone(name: keyof typeof MILESTONE): this {
    return this.put(INSN.MILESTONE, MILESTONE[name]);
  }

  /** Runs `body` n times; 0: for ever. */
  loop(n: number, body: (b: this) => void): this {
    const depth = this.loops.length;
    assert(depth < LOOP_DEPTH, `loops stand at most ${LOOP_DEPTH} deep`);
    this.put(INSN.LOOP, depth, n);
    this.loops.push(this.words.length);
    body(this);
    return this.put(INSN.AGAIN, depth, this.loops.pop() ?? 0, n === 0 ? 1 : 0);
  }

  /** A stretch of boot: for each exit, touch the window, compute, exit. */
  phase(options: PhaseOptions): this {
    this.phases.push({ at: this.words.length, options });
    return this.put(INSN.PHASE);
  }

  /** The program. At its end the guest halts for good. */
  build(): Int32Array {
    this.put(INSN.END);
    const dataAt = this.words.length;
    const total = this.phases.reduce((n, p) => n + PHASE.WORDS + p.options.exits.length, dataAt);
    const out = new Int32Array(total);
    out.set(this.words);
    let at = dataAt;
    for (const { at: insn, options: o } of this.phases) {
      out[insn + 2] = at;
      out.set([o.exits.length, o.window, o.base, o.pages, o.computeUs], at);
      out.set(o.exits, at + PHASE.WORDS);
      at += PHASE.WORDS + o.exits.length;
    }
    return out;
  }
}

/** Lets a program go on with `more` where it would have halted for good. Neither has phases. */
export function extendProgram(program: GrowingWords, more: ArrayLike<number>): void {
  const base = program.length === 0 ? 0 : program.length - INSN_WORDS;
  assert(program.words[base] === INSN.END, 'the program ends with its last instruction');
  program.length = base;
  program.append(more);
  const { words } = program;
  for (let at = base; at < program.length; at += INSN_WORDS) {
    assert(words[at] !== INSN.PHASE, 'no phases');
    // The start of the loop is an address.
    if (words[at] === INSN.AGAIN) words[at + 3] += base;
  }
}

export function guestProgram(): GuestProgramBuilder {
  return new GuestProgramBuilder();
}

/** Total of each kind merged so that every kind is spread evenly over the whole (smooth weighted round-robin). Exact. */
export function interleave(kinds: readonly { readonly word: number; readonly count: number }[]): number[] {
  const total = kinds.reduce((n, k) => n + k.count, 0);
  const credit = kinds.map(() => 0);
  const out: number[] = [];
  for (let i = 0; i < total; i++) {
    let best = -1;
    for (let k = 0; k < kinds.length; k++) {
      credit[k] += kinds[k].count;
      if (best < 0 || credit[k] > credit[best]) best = k;
    }
    credit[best] -= total;
    out.push(kinds[best].word);
  }
  return out;
}

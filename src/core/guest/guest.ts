// The guest model: runs a vCPU's program one step at a time. A step is a burst of instructions whose translations the
// TLB has, or one hardware page walk and what follows it. Reads the world, appends events, stages its new position;
// changes nothing itself. No random numbers: exits are spread by counts (program.ts), so a run needs no stream of its own.

import { TLB_WORDS, VCPU } from '../aggregates/layout.js';
import { SPTE, SPTE_KIND } from '../aggregates/spte.js';
import { tlbLookup } from '../aggregates/tlb.js';
import type { World } from '../aggregates/world.js';
import { AssertionError } from '../base/assert.js';
import { BadInput } from '../base/errors.js';
import { GrowingWords } from '../base/growing-words.js';
import { E } from '../events/catalogue.js';
import { ACCESS, CPU_STATE, EXIT } from '../events/constants.js';
import { type Decision, S_VCPU } from '../machine/batch.js';
import { exitAccess, exitGfn, exitReason, type GuestModel, guestExit } from '../machine/guest-port.js';
import { CONTEXT, GUEST_WORDS, HAVE, NORMAL, POSITION, SMM } from './position.js';
import { extendProgram, INSN, INSN_WORDS, NO_CODE, PHASE, TOUCH } from './program.js';
import { permits, walk } from './walk.js';

/** Instructions that one step may retire at the most, where the scenario states no `touchBurst`. */
const TOUCH_BURST = 4_096;
/** A computation is cut into pieces of this length, so that other threads get between them. */
const COMPUTE_CHUNK_NS = 1_000_000;
const WRITE_BITS = SPTE.WRITABLE | SPTE.DIRTY;

// How an attempt to run on came out, where it is not a packed exit.
const GO_ON = 0;
const END_STEP = -1;

/** What a guest needs of a scenario: its program and its SMM handler. */
export interface GuestPrograms {
  readonly program: Int32Array;
  readonly smm: Int32Array;
}

export class Guest implements GuestModel {
  readonly staged = new Int32Array(GUEST_WORDS);
  private readonly touchBurst: number;
  private readonly drEmulateFirstExit: boolean;
  // The step at hand.
  private w!: World;
  private out!: Decision;
  private vcpu = 0;
  private root = 0;
  private code: Int32Array = new Int32Array(0);
  /** Offset of the context in `staged`. */
  private c: number = NORMAL;
  /** Instructions that this step may still retire. */
  private budget = 0;
  /** Guest time of this step that was not told yet. */
  private ns = 0;
  /** One walk a step. */
  private walked = false;
  /** 1: KVM completes the instruction that exits, so it counts as retired once the guest runs again. */
  private completed = 0;

  private readonly programs: GuestPrograms[];
  /** Programs that were given more to do; by vCPU. */
  private readonly extended: (GrowingWords | undefined)[] = [];

  constructor(programs: readonly GuestPrograms[], constants: Readonly<Record<string, number>>) {
    this.programs = [...programs];
    this.touchBurst = constants['touchBurst'] ?? TOUCH_BURST;
    this.drEmulateFirstExit = constants['drEmulateFirstExit'] === 1;
    if (this.touchBurst < 1)
      throw new BadInput('touch-burst', `touchBurst must be at least 1, got ${this.touchBurst}`);
  }

  /** A vCPU of a live session is given more to do, behind what it has. */
  extend(vcpu: number, more: ArrayLike<number>): void {
    const { program, smm } = this.programs[vcpu];
    this.extended[vcpu] ??= new GrowingWords(program);
    const grown = this.extended[vcpu];
    extendProgram(grown, more);
    this.programs[vcpu] = { program: grown.words, smm };
  }

  step(w: World, vcpu: number, position: number, out: Decision): number {
    const { staged } = this;
    const { s } = w;
    for (let k = 0; k < GUEST_WORDS; k++) staged[k] = s[position + k];
    const v = w.vcpu(vcpu);
    this.w = w;
    this.out = out;
    this.vcpu = vcpu;
    this.root = s[v + VCPU.ENTERED_ROOT] - 1;
    this.ns = 0;
    this.budget = this.touchBurst;
    this.walked = false;
    this.completed = 0;

    if (staged[POSITION.FAULT] !== 0) this.afterFault(s[v + VCPU.EMULATED]);
    // An IPI that has arrived forces the vCPU out before its next instruction.
    if (s[v + VCPU.KICKED] !== 0) return this.leave(guestExit(EXIT.EXTERNAL_INTERRUPT, 0, 0));
    this.choose((s[v + VCPU.CPU_STATE] & CPU_STATE.SMM) !== 0);

    for (;;) {
      const result = this.instruction();
      if (result === GO_ON) continue;
      if (result > 0) return this.leave(result);
      if (this.ns > 0 || staged[POSITION.RETIRED] >= this.touchBurst) this.tell();
      return 0;
    }
  }

  /** The normal program, or the SMM handler: that one starts at its beginning at each entry. */
  private choose(smm: boolean): void {
    const { staged } = this;
    if (smm && staged[POSITION.IN_SMM] === 0) staged.fill(0, SMM, SMM + CONTEXT.WORDS);
    staged[POSITION.IN_SMM] = smm ? 1 : 0;
    this.c = smm ? SMM : NORMAL;
    const programs = this.programs[this.vcpu];
    this.code = smm ? programs.smm : programs.program;
  }

  /** KVM may have emulated the access that the guest had left with: then it goes on behind that instruction. */
  private afterFault(emulated: number): void {
    const { staged } = this;
    if (emulated === staged[POSITION.FAULT]) {
      const programs = this.programs[this.vcpu];
      this.c = staged[POSITION.FAULT_CONTEXT];
      this.code = this.c === SMM ? programs.smm : programs.program;
      this.skip();
      staged[POSITION.RETIRED]++;
      // Told at once: GuestRetired is what clears VCPU.EMULATED.
      this.tell();
    }
    staged[POSITION.FAULT] = 0;
  }

  /** One GuestRetired for all that was done since the last one. */
  private tell(): void {
    const { staged } = this;
    if (staged[POSITION.RETIRED] === 0 && this.ns === 0) return;
    this.out.emit(E.GuestRetired, this.vcpu * 16 + S_VCPU, staged[POSITION.RETIRED], this.ns, 0);
    staged[POSITION.RETIRED] = 0;
    this.ns = 0;
  }

  private leave(exit: number): number {
    const { staged } = this;
    this.tell();
    staged[POSITION.RETIRED] = this.completed;
    staged[POSITION.HAVE] = 0;
    const reason = exitReason(exit);
    this.out.emit(E.VcpuExited, this.vcpu * 16 + S_VCPU, reason, exitGfn(exit), exitAccess(exit));
    // The next SMI starts the handler anew, even when it is taken before the guest runs again.
    if (reason === EXIT.RSM) staged[POSITION.IN_SMM] = 0;
    return exit;
  }

  /** Runs the instruction at the position: GO_ON, END_STEP, or a packed exit. */
  private instruction(): number {
    const { staged, code, c } = this;
    const pc = staged[c + CONTEXT.PC];
    switch (code[pc]) {
      case INSN.TOUCH: {
        const result = this.touches(code[pc + 1], code[pc + 2], code[pc + 3], code[pc + 4], code[pc + 5]);
        if (result === GO_ON) this.next(pc);
        return result;
      }
      case INSN.PHASE:
        return this.turn(pc, code[pc + 1], code[pc + 2]);
      case INSN.COMPUTE: {
        const result = this.fetch(code[pc + 1]);
        return result === GO_ON ? this.compute(pc, code[pc + 2]) : result;
      }
      case INSN.EXIT: {
        const result = this.fetch(code[pc + 1]);
        if (result !== GO_ON) return result;
        this.next(pc);
        this.completed = 1;
        return guestExit(code[pc + 2], code[pc + 3], code[pc + 4]);
      }
      case INSN.MOVDR: {
        const result = this.moveDr(code[pc + 1]);
        if (result === GO_ON || this.completed === 1) this.next(pc);
        return result;
      }
      case INSN.MILESTONE:
        this.tell();
        this.out.emit(E.Milestone, this.vcpu * 16 + S_VCPU, code[pc + 2], 0, 0);
        this.next(pc);
        return END_STEP;
      case INSN.LOOP:
        staged[c + CONTEXT.LOOP0 + code[pc + 2]] = code[pc + 3];
        this.next(pc);
        return GO_ON;
      case INSN.AGAIN: {
        const at = c + CONTEXT.LOOP0 + code[pc + 2];
        if (code[pc + 4] === 1 || --staged[at] > 0) staged[c + CONTEXT.PC] = code[pc + 3];
        else this.next(pc);
        // An empty loop must not keep one step going for ever.
        return --this.budget > 0 ? GO_ON : END_STEP;
      }
      case INSN.END:
        return guestExit(EXIT.HLT, 0, 0);
      default:
        throw new AssertionError(`guest of vcpu ${this.vcpu}: no instruction ${code[pc]} at ${pc}`);
    }
  }

  private next(pc: number): void {
    const { staged, c } = this;
    staged[c + CONTEXT.PC] = pc + INSN_WORDS;
    staged[c + CONTEXT.INDEX] = 0;
  }

  private nextTurn(): void {
    const { staged, c } = this;
    staged[c + CONTEXT.TURN]++;
    staged[c + CONTEXT.INDEX] = 0;
    staged[c + CONTEXT.PART] = 0;
  }

  private retire(): void {
    this.staged[POSITION.RETIRED]++;
    this.staged[POSITION.HAVE] = 0;
    this.budget--;
  }

  /** Advances behind the access (one page of a touch or of a window) that KVM emulated. */
  private skip(): void {
    const { staged, c, code } = this;
    const pc = staged[c + CONTEXT.PC];
    staged[POSITION.HAVE] = 0;
    if (code[pc] === INSN.PHASE || code[pc] === INSN.TOUCH) staged[c + CONTEXT.INDEX]++;
    else this.next(pc);
  }

  private fetch(gfn: number): number {
    return gfn === NO_CODE ? GO_ON : this.need(gfn, ACCESS.EXEC, HAVE.CODE);
  }

  /** Gets one translation that the current instruction needs: from the TLB, or by this step's one walk. */
  private need(gfn: number, access: number, have: number): number {
    const { staged, w } = this;
    if ((staged[POSITION.HAVE] & have) !== 0) return GO_ON;
    if (permits(tlbLookup(w, this.vcpu, this.root, gfn), access)) {
      staged[POSITION.HAVE] |= have;
      return GO_ON;
    }
    // A walk is the first thing that its step does.
    if (this.walked || this.budget < this.touchBurst) return END_STEP;
    this.walked = true;
    const exit = walk(w, this.vcpu, this.root, gfn, access, this.out);
    if (exit === 0) {
      staged[POSITION.HAVE] |= have;
      return GO_ON;
    }
    if (exitReason(exit) === EXIT.EPT_MISCONFIG) {
      // KVM knows the page as MMIO: it emulates the access and skips the instruction.
      this.skip();
      this.completed = 1;
    } else {
      staged[POSITION.FAULT] = gfn + 1;
      staged[POSITION.FAULT_CONTEXT] = this.c;
    }
    return exit;
  }

  /** Instructions that touch one page each, from the position's INDEX on. */
  private touches(codeGfn: number, base: number, count: number, stride: number, access: number): number {
    const { staged, c, w, root } = this;
    const { s, layout } = w;
    const entries = layout.topology.tlbEntries;
    const tlb = layout.tlb + this.vcpu * entries * TLB_WORDS;
    const tag = root + 1;
    const wanted = access === TOUCH.read ? SPTE_KIND.LEAF : access === TOUCH.exec ? SPTE.EXEC : WRITE_BITS;
    const codeHit = access === TOUCH.exec || permits(tlbLookup(w, this.vcpu, root, codeGfn), ACCESS.EXEC);
    let index = staged[c + CONTEXT.INDEX];
    while (index < count) {
      if (this.budget <= 0) return END_STEP;
      const gfn = base + index * stride;
      const at = tlb + (gfn & (entries - 1)) * TLB_WORDS;
      const hit = codeHit && s[at] === tag && s[at + 1] === gfn && (s[at + 2] & wanted) === wanted;
      if (!hit) {
        let result = access === TOUCH.exec ? GO_ON : this.fetch(codeGfn);
        if (result === GO_ON) result = this.data(gfn, access);
        if (result !== GO_ON) return result;
      }
      this.retire();
      index++;
      staged[c + CONTEXT.INDEX] = index;
    }
    return GO_ON;
  }

  private data(gfn: number, access: number): number {
    if (access === TOUCH.exec) return this.need(gfn, ACCESS.EXEC, HAVE.EXEC);
    if (access !== TOUCH.write) {
      const result = this.need(gfn, ACCESS.READ, HAVE.READ);
      if (result !== GO_ON || access === TOUCH.read) return result;
    }
    return this.need(gfn, ACCESS.WRITE, HAVE.WRITE);
  }

  /** A piece of a computation; INDEX counts the nanoseconds done. */
  private compute(pc: number, ns: number): number {
    const { staged, c } = this;
    const at = c + CONTEXT.INDEX;
    const piece = Math.min(ns - staged[at], COMPUTE_CHUNK_NS);
    this.ns += piece;
    staged[at] += piece;
    if (staged[at] >= ns) {
      this.retire();
      this.next(pc);
    }
    return this.ns >= COMPUTE_CHUNK_NS || this.budget <= 0 ? END_STEP : GO_ON;
  }

  /** MOV to a debug register: KVM loads the guest's at the exit and forgets that at the next one of any kind. */
  private moveDr(codeGfn: number): number {
    const result = this.fetch(codeGfn);
    if (result !== GO_ON) return result;
    if (this.w.vcpuWord(this.vcpu, VCPU.DR_LOADED) !== 0) {
      this.retire();
      return GO_ON;
    }
    if (this.drEmulateFirstExit) this.completed = 1;
    return guestExit(EXIT.DR_ACCESS, ACCESS.WRITE, 0);
  }

  /** A turn of a phase: the window, its share of the computation, its exit. */
  private turn(pc: number, codeGfn: number, data: number): number {
    const { staged, code, c } = this;
    const turns = code[data + PHASE.TURNS];
    const turn = staged[c + CONTEXT.TURN];
    if (turn >= turns) {
      staged[c + CONTEXT.TURN] = 0;
      this.next(pc);
      return GO_ON;
    }
    if (staged[c + CONTEXT.PART] === 0) {
      const first = code[data + PHASE.BASE] + Math.floor((turn * code[data + PHASE.PAGES]) / turns);
      let result = this.touches(codeGfn, first, code[data + PHASE.WINDOW], 1, TOUCH.write);
      if (result === GO_ON) result = this.fetch(codeGfn);
      if (result !== GO_ON) return result;
      const total = code[data + PHASE.COMPUTE_US] * 1_000;
      this.ns += Math.floor(((turn + 1) * total) / turns) - Math.floor((turn * total) / turns);
      this.retire();
      staged[c + CONTEXT.PART] = 1;
    }
    const exit = code[data + PHASE.WORDS + turn];
    if (exitReason(exit) === EXIT.DR_ACCESS) {
      const result = this.moveDr(codeGfn);
      if (result === GO_ON || this.completed === 1) this.nextTurn();
      return result !== GO_ON || this.budget > 0 ? result : END_STEP;
    }
    const result = this.fetch(codeGfn);
    if (result !== GO_ON) return result;
    this.nextTurn();
    this.completed = isInterruption(exitReason(exit)) ? 0 : 1;
    return exit;
  }
}

/** Exits between two instructions: nothing is completed by KVM. */
function isInterruption(reason: number): boolean {
  return (
    reason === EXIT.EXTERNAL_INTERRUPT || reason === EXIT.PREEMPTION_TIMER || reason === EXIT.INTERRUPT_WINDOW
  );
}

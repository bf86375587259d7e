// User-space programs of VMM threads, as data: fixed-width instructions in one Int32Array, run by vmm_thread. The opcode of
// a call is its IOCTL code; control flow has codes from CONTROL on.
import { assert } from '../base/assert.js';
import { IOCTL } from '../events/constants.js';

/** Words of one instruction: opcode and operands. */
export const INSTRUCTION_WORDS = 8;

/** Opcodes that are no call. Append, never reorder. */
export const CONTROL = {
  END: 0,
  ARRIVE: 64,
  AWAIT: 65,
  LOOP: 66,
  END_LOOP: 67,
  SLEEP: 68,
  JUMP_UNTIL: 69,
} as const;

/** Loops may stand in loops this deep. */
export const SCRIPT_LOOP_DEPTH = 3;

/** The guest ends a round with OUT to this port; RUN counts these exits and goes on after every other. */
export const ROUND_PORT = 0x10;
/** OUT to this port asks the VMM for an SMI (the APM control port of PC firmware). */
export const SMI_PORT = 0xb2;

/** Flags of a RUN. */
export const RUN = { SMI_AFTER_ROUND: 1, SMI_ON_PORT: 2 } as const;

export interface RunOptions {
  /** KVM_SMI after each round. */
  readonly smiAfterRound?: boolean;
  /** KVM_SMI when the guest writes SMI_PORT. */
  readonly smiOnPort?: boolean;
}

export interface Region {
  readonly vm?: number;
  readonly asId?: number;
  readonly slot: number;
  readonly baseGfn: number;
  /** 0 deletes the slot. */
  readonly pages: number;
  readonly hvaPage: number;
  /** SLOT_FLAG bits. */
  readonly flags?: number;
}

/** Writes a script. Every method is one instruction (or a block of them) and returns the builder. */
export class ScriptBuilder {
  private readonly words: number[] = [];
  private depth = 0;

  private put(opcode: number, ...operands: readonly number[]): this {
    assert(
      operands.length < INSTRUCTION_WORDS,
      `an instruction has at most ${INSTRUCTION_WORDS - 1} operands`,
    );
    this.words.push(opcode, ...operands);
    while (this.words.length % INSTRUCTION_WORDS !== 0) this.words.push(0);
    return this;
  }

  // ---- VM, memslots, vCPUs ----
  /** level: depth of the host's TDP, 4 or 5. failAfterMmuInit: the call fails behind kvm_mmu_init_vm. */
  createVm(vm = 0, level = 4, failAfterMmuInit = false): this {
    return this.put(IOCTL.KVM_CREATE_VM, vm, level, failAfterMmuInit ? 1 : 0);
  }
  setMemoryRegion(r: Region): this {
    const { vm = 0, asId = 0, flags = 0 } = r;
    return this.put(IOCTL.KVM_SET_USER_MEMORY_REGION, vm, asId, r.slot, r.baseGfn, r.pages, r.hvaPage, flags);
  }
  deleteMemoryRegion(slot: number, asId = 0, vm = 0): this {
    return this.setMemoryRegion({ vm, asId, slot, baseGfn: 0, pages: 0, hvaPage: 0 });
  }
  createVcpu(vcpu: number, vm = 0, index = vcpu): this {
    return this.put(IOCTL.KVM_CREATE_VCPU, vm, vcpu, index);
  }
  /** changed: the model differs from the one in force; wide: guest MAXPHYADDR > 48, so 5-level roots where the host has them. */
  setCpuid2(vcpu: number, changed = false, wide = false): this {
    return this.put(IOCTL.KVM_SET_CPUID2, vcpu, (changed ? 1 : 0) | (wide ? 2 : 0));
  }
  /** flips: CPU_STATE bits that the new registers flip; other: something else differs that resets too (CR3, CR0.PE). */
  setSregs(vcpu: number, flips: number, other = false): this {
    return this.put(IOCTL.KVM_SET_SREGS, vcpu, flips, other ? 1 : 0);
  }
  setRegs(vcpu: number): this {
    return this.put(IOCTL.KVM_SET_REGS, vcpu);
  }
  setMsrs(vcpu: number): this {
    return this.put(IOCTL.KVM_SET_MSRS, vcpu);
  }
  /** KVM_SET_MSRS of an MTRR on a VM with noncoherent DMA: what maps these gfns is zapped (kvm_zap_gfn_range). */
  setMtrr(vcpu: number, baseGfn: number, pages: number): this {
    return this.put(IOCTL.KVM_SET_MSRS, vcpu, baseGfn, pages);
  }
  /** The NX recovery thread of the VM wakes up: give it a thread of its own. */
  nxRecovery(vm = 0): this {
    return this.put(IOCTL.NX_RECOVERY, vm);
  }
  closeVcpu(vcpu: number): this {
    return this.put(IOCTL.CLOSE_VCPU, vcpu);
  }
  closeVm(vm = 0): this {
    return this.put(IOCTL.CLOSE_VM, vm);
  }
  getDirtyLog(slot: number, asId = 0, vm = 0): this {
    return this.put(IOCTL.KVM_GET_DIRTY_LOG, vm, asId, slot);
  }
  clearDirtyLog(slot: number, firstPage: number, pages: number, asId = 0, vm = 0): this {
    return this.put(IOCTL.KVM_CLEAR_DIRTY_LOG, vm, asId, slot, firstPage, pages);
  }

  /** KVM_PRE_FAULT_MEMORY (v6.11): maps the pages as read faults would, without running the guest. */
  preFaultMemory(vcpu: number, gfn: number, pages: number): this {
    return this.put(IOCTL.KVM_PRE_FAULT_MEMORY, vcpu, gfn, pages);
  }

  // ---- running ----
  /**
   * KVM_RUN again and again until the guest has ended so many rounds (0: until it halts). HLT, an error, or a guest with
   * nothing left to do end it as well.
   */
  run(vcpu: number, rounds: number, options: RunOptions = {}): this {
    const flags =
      (options.smiAfterRound === true ? RUN.SMI_AFTER_ROUND : 0) |
      (options.smiOnPort === true ? RUN.SMI_ON_PORT : 0);
    return this.put(IOCTL.KVM_RUN, vcpu, rounds, flags);
  }
  /** From the vCPU's own thread between two KVM_RUNs; asynchronous: from another thread, with a kick. */
  smi(vcpu: number, asynchronous = false): this {
    return this.put(IOCTL.KVM_SMI, vcpu, asynchronous ? 1 : 0);
  }

  // ---- memory of the process; pages are numbers of its pages ----
  memset(hvaPage: number, pages: number): this {
    return this.put(IOCTL.MEMSET, hvaPage, pages);
  }
  madviseDontneed(hvaPage: number, pages: number): this {
    return this.put(IOCTL.MADVISE_DONTNEED, hvaPage, pages);
  }
  mprotect(hvaPage: number, pages: number, readonly: boolean): this {
    return this.put(IOCTL.MPROTECT, hvaPage, pages, readonly ? 1 : 0);
  }
  mmapFixed(hvaPage: number, pages: number): this {
    return this.put(IOCTL.MMAP_FIXED, hvaPage, pages);
  }
  munmap(hvaPage: number, pages: number): this {
    return this.put(IOCTL.MUNMAP, hvaPage, pages);
  }
  /** Private pages of the range become copy-on-write. */
  fork(hvaPage: number, pages: number): this {
    return this.put(IOCTL.FORK, hvaPage, pages);
  }
  childExit(hvaPage: number, pages: number): this {
    return this.put(IOCTL.CHILD_EXIT, hvaPage, pages);
  }
  /** khugepaged: the pages move to new, contiguous ones. */
  collapse(hvaPage: number, pages: number): this {
    return this.put(IOCTL.COLLAPSE, hvaPage, pages);
  }
  age(hvaPage: number, pages: number): this {
    return this.put(IOCTL.AGE, hvaPage, pages);
  }
  testAge(hvaPage: number): this {
    return this.put(IOCTL.TEST_AGE, hvaPage, 1);
  }
  /** The process ends without closing anything: the address space goes first. */
  exitMm(): this {
    return this.put(IOCTL.EXIT_MM);
  }

  // ---- control ----
  /** One more arrival at a barrier; arrivals are counted and never reset. */
  arrive(barrier: number): this {
    return this.put(CONTROL.ARRIVE, barrier);
  }
  /** Waits until the barrier has had so many arrivals. */
  await(barrier: number, arrivals: number): this {
    return this.put(CONTROL.AWAIT, barrier, arrivals);
  }
  /** Meets `parties` threads: use each barrier once. */
  barrier(barrier: number, parties: number): this {
    return this.arrive(barrier).await(barrier, parties);
  }
  sleep(ns: number): this {
    assert(ns > 0 && ns <= 0x7fffffff, 'a sleep lasts 1 to 2^31-1 ns');
    return this.put(CONTROL.SLEEP, ns);
  }
  loop(times: number, body: (b: this) => void): this {
    assert(this.depth < SCRIPT_LOOP_DEPTH, `loops stand at most ${SCRIPT_LOOP_DEPTH} deep`);
    const depth = this.depth++;
    if (times > 0) {
      this.put(CONTROL.LOOP, depth, times);
      const start = this.words.length;
      body(this);
      this.put(CONTROL.END_LOOP, depth, start);
    }
    this.depth--;
    return this;
  }
  /** Repeats the body until the barrier has had so many arrivals: how a thread goes on while a vCPU has work. */
  until(barrier: number, arrivals: number, body: (b: this) => void): this {
    const start = this.words.length;
    body(this);
    this.put(CONTROL.JUMP_UNTIL, barrier, arrivals, start);
    return this;
  }
  /** Instructions so far: a thread without any needs no thread. */
  get length(): number {
    return this.words.length / INSTRUCTION_WORDS;
  }

  build(): Int32Array {
    return Int32Array.from([...this.words, CONTROL.END, 0, 0, 0, 0, 0, 0, 0]);
  }
}

export function script(): ScriptBuilder {
  return new ScriptBuilder();
}

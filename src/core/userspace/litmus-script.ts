// Scripts of litmus threads, as data: the kernel functions that a vCPU, an updater or a destroyer calls, without the user
// space and the guest around them. The form is that of script.ts; codes of litmus calls begin behind those of CONTROL.
import { INSTRUCTION_WORDS } from './script.js';

/** Append, never reorder. `vcpu` is the thread's own. */
export const LITMUS_OP = {
  END: 0,
  ARRIVE: 64,
  AWAIT: 65,
  /** kvm_mmu_reload(vcpu) */
  LOAD: 96,
  /** kvm_mmu_page_fault(vcpu, gfn, ACCESS bits); a fault that must be retried is not, unless the third operand says so. */
  FAULT: 97,
  /** kvm_smm_changed(vcpu, entering): the role changes, every root is dropped. */
  SMM: 98,
  /** kvm_mmu_reset_context(vcpu) */
  RESET: 99,
  /** slots_lock, kvm_mmu_zap_all_fast(vm), slots_unlock: what a write to nx_huge_pages does. */
  ZAP_ALL_FAST: 100,
  /** Consumes the request that drops roots, as the beginning of vcpu_enter_guest does. */
  REQUESTS: 101,
  /** KVM_RUN until it comes back to user space. */
  RUN: 102,
  /** kvm_mmu_zap_all(vm): the mm is released. */
  ZAP_ALL: 103,
  /** mmu_alloc_shadow_roots(vcpu, level): those from here on are for threads whose vCPU runs a nested guest. */
  SHADOW_LOAD: 104,
  /** ept_page_fault(vcpu, gfn) */
  SHADOW_FAULT: 105,
  /** kvm_mmu_free_guest_mode_roots(vcpu) */
  SHADOW_DROP: 106,
  /** kvm_mmu_change_mmu_pages(vm) */
  SHADOW_SHRINK: 107,
  /** enter_smm(vcpu), emulator_leave_smm(vcpu): what an SMI and its RSM do, in every era. */
  ENTER_SMM: 108,
  LEAVE_SMM: 109,
} as const;

const NAMES: readonly string[] = names();

/** Every method is one instruction and returns the builder. */
export class LitmusScript {
  private readonly words: number[] = [];

  private put(...words: readonly number[]): this {
    this.words.push(...words);
    while (this.words.length % INSTRUCTION_WORDS !== 0) this.words.push(0);
    return this;
  }
  load(): this {
    return this.put(LITMUS_OP.LOAD);
  }
  fault(gfn: number, access: number): this {
    return this.put(LITMUS_OP.FAULT, gfn, access);
  }
  /** As the guest would: at once again when it has to be retried. */
  faultUntilFixed(gfn: number, access: number): this {
    return this.put(LITMUS_OP.FAULT, gfn, access, 1);
  }
  smm(entering: boolean): this {
    return this.put(LITMUS_OP.SMM, entering ? 1 : 0);
  }
  enterSmm(): this {
    return this.put(LITMUS_OP.ENTER_SMM);
  }
  leaveSmm(): this {
    return this.put(LITMUS_OP.LEAVE_SMM);
  }
  reset(): this {
    return this.put(LITMUS_OP.RESET);
  }
  requests(): this {
    return this.put(LITMUS_OP.REQUESTS);
  }
  run(): this {
    return this.put(LITMUS_OP.RUN);
  }
  zapAllFast(vm = 0): this {
    return this.put(LITMUS_OP.ZAP_ALL_FAST, vm);
  }
  zapAll(vm = 0): this {
    return this.put(LITMUS_OP.ZAP_ALL, vm);
  }
  shadowLoad(level: number): this {
    return this.put(LITMUS_OP.SHADOW_LOAD, level);
  }
  shadowFault(gfn: number): this {
    return this.put(LITMUS_OP.SHADOW_FAULT, gfn);
  }
  shadowDrop(): this {
    return this.put(LITMUS_OP.SHADOW_DROP);
  }
  shadowShrink(vm = 0): this {
    return this.put(LITMUS_OP.SHADOW_SHRINK, vm);
  }
  arrive(barrier: number): this {
    return this.put(LITMUS_OP.ARRIVE, barrier);
  }
  await(barrier: number, arrivals: number): this {
    return this.put(LITMUS_OP.AWAIT, barrier, arrivals);
  }
  build(): Int32Array {
    return Int32Array.from([...this.words, LITMUS_OP.END, 0, 0, 0, 0, 0, 0, 0]);
  }
}

export function litmusScript(): LitmusScript {
  return new LitmusScript();
}

/** One line for each instruction of a litmus thread. */
export function litmusScriptLines(script: Int32Array): string[] {
  const out: string[] = [];
  for (let at = 0; at < script.length; at += INSTRUCTION_WORDS) {
    const [op = 0, a = 0, b = 0] = script.subarray(at, at + 3);
    if (op === LITMUS_OP.END) break;
    switch (op) {
      case LITMUS_OP.AWAIT:
        out.push(`await ${a} x${b}`);
        break;
      case LITMUS_OP.FAULT:
        out.push(`fault gfn ${a}`);
        break;
      case LITMUS_OP.SMM:
        out.push(a === 1 ? 'enter SMM' : 'leave SMM');
        break;
      case LITMUS_OP.ARRIVE:
        out.push(`arrive ${a}`);
        break;
      default:
        out.push(NAMES[op] ?? `op ${op}`);
    }
  }
  return out;
}

function names(): string[] {
  const out: string[] = [];
  for (const [name, code] of Object.entries(LITMUS_OP)) out[code] = name.toLowerCase().replaceAll('_', ' ');
  return out;
}

// vcpu->mutex keeps the calls on one vCPU apart, and threads of a litmus make kernel calls without it: so behind the line one thread
// at a time uses a vCPU. What a search leaves out rests on that, too.
import { IOCTL } from '../../../events/constants.js';
import { CONTROL } from '../../../userspace/script.js';
import { DONE } from '../litmus.js';
import type { ReadCall, ReadThread } from './parse.js';

/** Calls of user space on a vCPU, by their first operand. */
export const ON_VCPU: ReadonlySet<number> = new Set([
  IOCTL.KVM_SET_CPUID2,
  IOCTL.KVM_SET_SREGS,
  IOCTL.KVM_SET_REGS,
  IOCTL.KVM_SET_MSRS,
  IOCTL.KVM_RUN,
  IOCTL.KVM_SMI,
  IOCTL.KVM_PRE_FAULT_MEMORY,
  IOCTL.CLOSE_VCPU,
]);

export interface Together {
  readonly thread: ReadThread;
  readonly call: ReadCall;
  readonly vcpu: number;
  /** The other thread that uses it. */
  readonly other: string;
  /** What would have to be awaited before. */
  readonly done: number;
}

interface Use {
  readonly thread: ReadThread;
  readonly call: ReadCall;
  readonly vcpu: number;
  /** All others have ended by then. */
  readonly alone: boolean;
}

const works = ({ name, kind }: ReadThread): boolean =>
  name !== 'main' && kind !== 'kworker' && kind !== 'rcu';

/** The first call on a vCPU that another thread may use at the same time; null: there is none. */
export function usedTogether(threads: readonly ReadThread[]): Together | null {
  const working = threads.filter(works).length;
  const others = (thread: ReadThread): number => working - (works(thread) ? 1 : 0);
  const uses = threads.flatMap((thread) => usesOf(thread, others(thread)));
  for (const use of uses) {
    const other = uses.find(
      ({ thread, vcpu, alone }) => thread !== use.thread && vcpu === use.vcpu && !alone,
    );
    if (!use.alone && use.thread.kind === 'vmm' && other !== undefined)
      return { ...use, other: other.thread.name, done: others(use.thread) };
  }
  return null;
}

function usesOf(thread: ReadThread, others: number): Use[] {
  let alone = false;
  return thread.does.flatMap((call) => {
    const [op = 0, a = 0, b = 0] = call.words;
    if (op === CONTROL.AWAIT && a === DONE && b >= others) alone = true;
    if (op === CONTROL.AWAIT || op === CONTROL.ARRIVE) return [];
    // An SMI of the APIC is no call on the vCPU; of an MTRR only what the whole VM has of it is modelled.
    const apart = (op === IOCTL.KVM_SMI && b === 1) || op === IOCTL.KVM_SET_MSRS;
    const names = thread.kind === 'vmm' && ON_VCPU.has(op) && !apart;
    const vcpu = names ? a : thread.kind === 'vmm' ? -1 : thread.vcpu;
    return vcpu < 0 ? [] : [{ thread, call, vcpu, alone }];
  });
}

// Which threads of a user's litmus a search may take for one another: those that run the same script, vCPUs with the same guest,
// as long as no call of user space tells those vCPUs apart. To close them all at the end does not where each has dropped its roots by
// then: one that still holds a root is closed before or behind another one's, and these are two orders.
import { IOCTL } from '../../../events/constants.js';
import { LITMUS_OP } from '../../../userspace/litmus-script.js';
import { CONTROL } from '../../../userspace/script.js';
import type { ScenarioGuest } from '../../scenario.js';
import { DONE } from '../litmus.js';
import type { ReadThread } from './parse.js';

/** Calls of user space that name a vCPU by their first operand. */
const NAMES_VCPU: ReadonlySet<number> = new Set([
  IOCTL.KVM_SET_CPUID2,
  IOCTL.KVM_SET_SREGS,
  IOCTL.KVM_SET_REGS,
  IOCTL.KVM_SET_MSRS,
  IOCTL.KVM_RUN,
  IOCTL.KVM_SMI,
  IOCTL.KVM_PRE_FAULT_MEMORY,
  IOCTL.CLOSE_VCPU,
  IOCTL.KVM_CREATE_VCPU,
]);

/** Groups of thread numbers. */
export function alikeThreads(
  threads: readonly ReadThread[],
  scripts: readonly Int32Array[],
  guests: readonly ScenarioGuest[],
): readonly (readonly number[])[] {
  const told = toldApart(threads);
  const groups = new Map<string, number[]>();
  for (const [t, { kind, vcpu }] of threads.entries()) {
    const key = keyOf(kind, scripts[t], vcpu < 0 || told.has(vcpu) ? null : guests[vcpu]);
    if (key !== null) groups.set(key, [...(groups.get(key) ?? []), t]);
  }
  return [...groups.values()].filter((group) => group.length > 1);
}

function keyOf(
  kind: ReadThread['kind'],
  script: Int32Array | undefined,
  guest: ScenarioGuest | null | undefined,
): string | null {
  if (kind === 'kworker') return 'kworker';
  // What a vCPU of the shadow MMU does is not searched with names exchanged.
  if (kind !== 'litmus' || guest == null) return null;
  return [script?.join(), guest.program.join(), guest.smm.join()].join(';');
}

/** Calls behind which the vCPU has no root. */
const DROPS_ROOTS: ReadonlySet<number> = new Set([
  LITMUS_OP.SMM,
  LITMUS_OP.RESET,
  LITMUS_OP.ENTER_SMM,
  LITMUS_OP.LEAVE_SMM,
]);

/** vCPUs whose thread ends without a root. */
function rootless(threads: readonly ReadThread[]): ReadonlySet<number> {
  return new Set(
    threads.flatMap(({ vcpu, does }) => (DROPS_ROOTS.has(does.at(-1)?.words[0] ?? -1) ? [vcpu] : [])),
  );
}

/** vCPUs that some call behind GO names, but for closing them when all is done and they hold nothing. */
function toldApart(threads: readonly ReadThread[]): ReadonlySet<number> {
  const working = threads.filter(
    ({ name, kind }) => name !== 'main' && kind !== 'kworker' && kind !== 'rcu',
  ).length;
  const without = rootless(threads);
  const out = new Set<number>();
  for (const { kind, does } of threads) {
    if (kind !== 'vmm') continue;
    let allDone = false;
    for (const { words } of does) {
      const [op = 0, a = 0, b = 0] = words;
      if (op === CONTROL.AWAIT && a === DONE && b >= working) allDone = true;
      const closes = allDone && op === IOCTL.CLOSE_VCPU && without.has(a);
      if (NAMES_VCPU.has(op) && !closes) out.add(op === IOCTL.KVM_CREATE_VCPU ? b : a);
    }
  }
  return out;
}

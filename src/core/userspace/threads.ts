// Bottom procedures of a scenario's threads. Scenarios do not import the kernel: they take the numbers from here.
import { fn } from '../kernel/functions.js';

export const THREAD_ENTRY = {
  /** A thread of the VMM: runs its script to its end. */
  vmm: fn.vmm_thread,
  /** A thread of the VMM of a live session: runs the commands that arrive. */
  live: fn.live_thread,
  /** A thread of a litmus: kernel functions with nothing around them. */
  litmus: fn.litmus_thread,
  /** A thread of a litmus whose vCPU runs a nested guest: functions of the shadow MMU. */
  shadow: fn.shadow_thread,
  /** Unbound kernel worker: zap work items. */
  kworker: fn.kworker,
  /** Grace periods and RCU callbacks. */
  rcu: fn.rcu_softirq,
} as const;

// The procedures of user-space and host threads: linked beside those of every protocol.
import type { Procedure } from '../machine/procedure.js';
import { kworker } from './kworker.js';
import { rcu_softirq } from './rcu_softirq.js';
import { vmm_thread } from './vmm_thread.js';

export const USERSPACE_PROCEDURES: readonly Procedure[] = [vmm_thread, kworker, rcu_softirq];

// I34. Write sections of mmu_lock are numbered; a vCPU's request must carry the number of the section that invalidated.
import { LOCKS_PER_VM, PAGE, VCPU, VCPU_STATE } from '../aggregates/layout.js';
import { REQ } from '../events/constants.js';
import { LOCK_MODE } from '../events/lock.events.js';
import type { Handler, Invariant } from './invariant.js';
import { holdsMmuLockForWrite } from './world-walks.js';

const NUMBER = 0;

export const i34ReqWithInvalidate: Invariant = {
  number: 34,
  name: 'REQ_WITH_INVALIDATE',
  kind: 'transition',
  statement:
    'Roots are invalidated, and every vCPU of the VM is told to drop them, in one section of mmu_lock held for write.',
  eras: 'bcdefgh',
  exercise: 'invalidated a root that vCPUs may hold',
  details: ['', 'mmu_lock was released before every vCPU had the request'],
  seen: 'the first vCPU without it',
  create(w, rules, probe, _facts, take) {
    const clock = take(1);
    /** By VM: number of the running write section; 1 = it invalidated a root. By vCPU: section of its last request. */
    const section = take(w.vms);
    const invalidated = take(w.vms);
    const requested = take(w.vcpus);

    const acquired: Handler = (_w, e, i) => {
      const id = e.subject[i] >> 4;
      if (e.a[i] !== LOCK_MODE.write) return;
      section[(id / LOCKS_PER_VM) | 0] = ++clock[NUMBER];
    };
    const invalid: Handler = (w, e, i) => {
      const vm = w.pageWord(e.c[i], PAGE.VM);
      if (!holdsMmuLockForWrite(w, e.thread[i], vm)) return;
      // The put that took the count to 0: nobody holds it any more.
      if (rules.invalidatesInPut && e.b[i] === 0) return;
      invalidated[vm] = 1;
    };
    const asked: Handler = (w, e, i) => {
      if ((e.a[i] & (REQ.MMU_FREE_OBSOLETE_ROOTS | REQ.MMU_RELOAD)) === 0) return;
      const v = e.subject[i] >> 4;
      requested[v] = section[w.vcpuWord(v, VCPU.VM)];
    };
    const released: Handler = (w, e, i) => {
      const id = e.subject[i] >> 4;
      if (e.a[i] !== LOCK_MODE.write) return;
      const vm = (id / LOCKS_PER_VM) | 0;
      if (invalidated[vm] === 0) return;
      invalidated[vm] = 0;
      probe.checks++;
      for (let v = 0; v < w.vcpus; v++) {
        if (w.vcpuWord(v, VCPU.STATE) !== VCPU_STATE.live || w.vcpuWord(v, VCPU.VM) !== vm) continue;
        if (requested[v] === section[vm]) continue;
        probe.report(w, e, i, 1, v, -1);
        return;
      }
    };
    return {
      after: { LockAcquired: acquired, RootInvalidated: invalid, RequestMade: asked, LockReleased: released },
    };
  },
};

// I20. An entry between the two steps of an invalidation, invalid = 1 and the request, is none of its breaches: that section of
// mmu_lock goes on to force the vCPU out (I34).
import { LOCKS_PER_VM, PAGE, PAGE_KIND, VCPU } from '../aggregates/layout.js';
import { role_is_invalid } from '../aggregates/role.js';
import { LOCK_MODE } from '../events/lock.events.js';
import type { Handler, Invariant } from './invariant.js';
import { holdsMmuLockForWrite } from './world-walks.js';

export const i20EntryRootFresh: Invariant = {
  number: 20,
  name: 'ENTRY_ROOT_FRESH',
  kind: 'transition',
  statement:
    'A vCPU completes the entry gate with an invalid root only while the section of mmu_lock that invalidated it is still ' +
    'open: its request is on the way.',
  eras: 'bcdefgh',
  exercise: 'entered a guest',
  details: [
    '',
    'a vCPU entered the guest with an invalid root',
    'a vCPU entered the guest with a page that is no root',
  ],
  seen: 'the role word',
  create(w, _rules, probe, _facts, take) {
    /** By VM: the holder of mmu_lock for write has invalidated roots. */
    const open = take(w.vms);
    const check: Handler = (w, e, i) => {
      probe.checks++;
      if (w.pageWord(e.c[i], PAGE.KIND) !== PAGE_KIND.root) probe.report(w, e, i, 2, e.a[i], -1);
      else if (role_is_invalid(e.a[i]) && open[w.vcpuWord(e.subject[i] >> 4, VCPU.VM)] === 0) {
        probe.report(w, e, i, 1, e.a[i], e.c[i]);
      }
    };
    const invalidated: Handler = (w, e, i) => {
      const vm = w.pageWord(e.c[i], PAGE.VM);
      if (holdsMmuLockForWrite(w, e.thread[i], vm)) open[vm] = 1;
    };
    const released: Handler = (_w, e, i) => {
      const id = e.subject[i] >> 4;
      if (e.a[i] !== LOCK_MODE.write) return;
      open[(id / LOCKS_PER_VM) | 0] = 0;
    };
    return {
      before: { VcpuEntered: check },
      after: { RootInvalidated: invalidated, LockReleased: released },
    };
  },
};

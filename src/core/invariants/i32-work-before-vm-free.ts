// I32.
import { VM, VM_STATE } from '../aggregates/layout.js';
import type { World } from '../aggregates/world.js';
import type { EventRows, Handler, Invariant } from './invariant.js';

export const i32WorkBeforeVmFree: Invariant = {
  number: 32,
  name: 'WORK_BEFORE_VM_FREE',
  kind: 'quiescence',
  statement: 'No work item is queued or runs once the workqueue or the VM is gone.',
  eras: 'cde',
  exercise: 'destroyed a workqueue',
  details: [
    '',
    'the workqueue was destroyed with items left in it',
    'a work item was queued after the workqueue was gone',
    'a work item ran after the workqueue was gone',
  ],
  seen: 'items left, or the VM',
  create(_w, _rules, probe) {
    const destroyed: Handler = (w, e, i) => {
      const vm = e.subject[i] >> 4;
      const left = w.vmWord(vm, VM.WQ_PENDING) + w.vmWord(vm, VM.WQ_RUNNING);
      probe.checks++;
      if (left !== 0) probe.report(w, e, i, 1, left, -1);
    };
    const gone = (w: World, e: EventRows, i: number, detail: number): void => {
      const vm = e.a[i];
      if (w.vmWord(vm, VM.WQ) === 0 || w.vmWord(vm, VM.STATE) === VM_STATE.destroyed)
        probe.report(w, e, i, detail, vm, -1);
    };
    return {
      before: {
        WorkqueueDestroyed: destroyed,
        WorkQueued: (w, e, i) => gone(w, e, i, 2),
        WorkStarted: (w, e, i) => gone(w, e, i, 3),
        WorkFinished: (w, e, i) => gone(w, e, i, 3),
      },
    };
  },
};

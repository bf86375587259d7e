// An unbound kernel worker: takes zap work items of any VM, for ever.
// Left out: worker pools, concurrency management; a scenario may have several workers.
import { fn } from '../kernel/functions.js';
import { op } from '../machine/op.js';
import { call, procedure } from '../machine/procedure.js';

export const kworker = procedure(
  'kworker',
  {
    file: 'kernel/workqueue.c',
    since: 'v5.18',
    params: [],
    locals: ['root'],
    leftOut: 'worker pools, concurrency management',
  },
  {
    take_work: [
      () => op.take_work(),
      (l, root) => {
        l.root = root;
        return call(fn.tdp_mmu_zap_root_work, 'work_done', root);
      },
    ],
    work_done: [(l) => op.work_done(l.root), () => 'take_work'],
  },
);

// I30.
import { MACHINE, PAGE, PAGE_KIND, VM } from '../aggregates/layout.js';
import type { World } from '../aggregates/world.js';
import type { Handler, Invariant } from './invariant.js';
import { firstRoot } from './world-walks.js';

/** Detail by who holds the root; 1: nobody does, and it is listed all the same. */
function ownerDetail(w: World, root: number): number {
  const held = [PAGE.HOLD_VCPU, PAGE.HOLD_ITERATOR, PAGE.HOLD_TDP_MMU, PAGE.HOLD_WORK];
  const owner = root < 0 ? -1 : held.findIndex((field) => w.pageWord(root, field) > 0);
  return owner < 0 ? 1 : FIRST_OWNER_DETAIL + owner;
}
const FIRST_OWNER_DETAIL = 5;

export const i30NoLeak: Invariant = {
  number: 30,
  name: 'NO_LEAK',
  kind: 'quiescence',
  statement: 'After a VM is gone no root of it is listed, no table counted, no page kept and no work queued.',
  eras: 'abcdefgh',
  exercise: 'destroyed a VM',
  details: [
    '',
    'roots are still listed',
    'tables are still linked',
    'work is still queued or running',
    'pages were not freed',
    'a root is still listed: a vCPU has not put its reference',
    'a root is still listed: an iterator has not put its reference',
    'a root is still listed: the TDP MMU has not put its own reference',
    'a root is still listed: a work item has not put its reference',
  ],
  seen: 'how many',
  create(_w, _rules, probe, facts) {
    const check: Handler = (w, e, i) => {
      const vm = e.subject[i] >> 4;
      probe.checks++;
      const roots = w.vmWord(vm, VM.ROOTS);
      if (roots !== 0) {
        const first = firstRoot(w, vm);
        probe.report(w, e, i, ownerDetail(w, first), roots, first);
      }
      const tables = w.vmWord(vm, VM.TDP_MMU_PAGES);
      if (tables !== 0) probe.report(w, e, i, 2, tables, -1);
      const work = w.vmWord(vm, VM.WQ_PENDING) + w.vmWord(vm, VM.WQ_RUNNING);
      if (work !== 0) probe.report(w, e, i, 3, work, -1);
      let pages = 0;
      let leaked = -1;
      for (let p = 0; p < w.machineWord(MACHINE.PAGES_HIGH); p++) {
        if (w.pageWord(p, PAGE.KIND) === PAGE_KIND.free || w.pageWord(p, PAGE.VM) !== vm) continue;
        // A root that a thread has just made names no VM before it is listed: it is for another one, of which vCPUs still run.
        if (w.pageWord(p, PAGE.LISTED) === 0 && facts.got.includes(p + 1)) continue;
        pages++;
        if (leaked < 0 && w.pageWord(p, PAGE.KIND) === PAGE_KIND.root) leaked = p;
      }
      if (pages !== 0) probe.report(w, e, i, 4, pages, leaked);
    };
    return { after: { VmDestroyed: check, VmCreateFailed: check } };
  },
};

// I11. A writer's own put may pass through 0 inside its section: what counts is what it finds when it gets the lock, what
// others do meanwhile, and what it leaves behind.
import { LOCKS_PER_VM, PAGE } from '../aggregates/layout.js';
import type { World } from '../aggregates/world.js';
import { LOCK_MODE } from '../events/lock.events.js';
import type { EventRows, Handler, Invariant } from './invariant.js';
import { mmuLockWriter } from './world-walks.js';

export const i11NoZeroRcForWriter: Invariant = {
  number: 11,
  name: 'NO_ZERO_RC_FOR_WRITER',
  kind: 'state',
  statement: 'Who holds mmu_lock for write never meets a listed root whose count is 0.',
  eras: 'cdefgh',
  exercise: 'held mmu_lock for write',
  details: [
    '',
    'mmu_lock was taken for write while a listed root counts 0',
    'mmu_lock was released by a writer that leaves a listed root with count 0',
    'a count went to 0 while another thread holds mmu_lock for write',
  ],
  seen: 'listed roots with count 0, or the writing thread',
  create(w, _rules, probe, _facts, take) {
    /** By VM: listed roots with count 0. By page: 1 = it is one of them. */
    const zeros = take(w.vms);
    const isZero = take(w.layout.topology.pages);

    const recount = (w: World, page: number): void => {
      const at = w.page(page);
      const now = w.s[at + PAGE.LISTED] === 1 && w.s[at + PAGE.REFCOUNT] === 0 ? 1 : 0;
      zeros[w.s[at + PAGE.VM]] += now - isZero[page];
      isZero[page] = now;
    };
    const section = (w: World, e: EventRows, i: number, detail: number): void => {
      const id = e.subject[i] >> 4;
      if (e.a[i] !== LOCK_MODE.write) return;
      probe.checks++;
      const n = zeros[(id / LOCKS_PER_VM) | 0];
      if (n !== 0) probe.report(w, e, i, detail, n, -1);
    };
    const changed: Handler = (w, e, i) => recount(w, e.c[i]);
    const put: Handler = (w, e, i) => {
      const page = e.c[i];
      recount(w, page);
      if (e.b[i] !== 0 || isZero[page] === 0) return;
      const writer = mmuLockWriter(w, w.pageWord(page, PAGE.VM));
      if (writer >= 0 && writer !== e.thread[i]) probe.report(w, e, i, 3, writer, page);
    };
    return {
      after: {
        LockAcquired: (w, e, i) => section(w, e, i, 1),
        LockReleased: (w, e, i) => section(w, e, i, 2),
        RootPut: put,
        RootGot: changed,
        RootListed: changed,
        RootResurrected: changed,
        RootUnlinked: changed,
      },
    };
  },
};

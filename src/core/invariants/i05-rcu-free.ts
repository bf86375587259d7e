// I5. Counted here a second time, beside the world's own RCU words: grace periods begun and ended, and for each read
// section how many frees had been queued when it began.
import { PAGE, PAGE_KIND, RCU_STATE, THREAD } from '../aggregates/layout.js';
import { role_is_direct } from '../aggregates/role.js';
import type { World } from '../aggregates/world.js';
import type { EventRows, Handler, Invariant } from './invariant.js';

const STARTED = 0;
const ENDED = 1;
const QUEUED = 2;

export const i05RcuFree: Invariant = {
  number: 5,
  name: 'RCU_FREE',
  kind: 'transition',
  statement:
    'A root or table that others could reach is freed only after a grace period that began after it was unlinked, and ' +
    'nobody keeps a pointer to it beyond a read section without a reference or mmu_lock.',
  eras: 'bcdefgh',
  exercise: 'freed a root or a linked table',
  details: [
    '',
    'freed without a grace period that began after it was queued',
    'queued for freeing while still linked',
    'freed while a read section is open that began before it was queued',
    'a thread kept a pointer to a page across its grace period',
  ],
  seen: 'the page, or the thread whose read section is open',
  create(w, _rules, probe, facts, take) {
    const { pages } = w.layout.topology;
    const clock = take(3);
    /** By page: 1 + grace periods begun when it was queued; frees queued by then; 1 = others could reach it. */
    const begunAt = take(pages);
    const queuedAs = take(pages);
    const reachable = take(pages);
    /** By thread: frees queued when its outermost read section began. */
    const section = take(w.threads);

    function queue(w: World, e: EventRows, i: number, page: number, linked: boolean): void {
      clock[QUEUED]++;
      begunAt[page] = clock[STARTED] + 1;
      queuedAs[page] = clock[QUEUED];
      if (linked) probe.report(w, e, i, 2, page, w.pageWord(page, PAGE.KIND) === PAGE_KIND.root ? page : -1);
    }
    function free(w: World, e: EventRows, i: number, page: number): void {
      const linked = reachable[page];
      const begun = begunAt[page];
      const queued = queuedAs[page];
      reachable[page] = 0;
      begunAt[page] = 0;
      queuedAs[page] = 0;
      if (linked === 0) return;
      probe.checks++;
      if (begun === 0 || clock[ENDED] < begun || w.pageWord(page, PAGE.RCU) !== RCU_STATE.ready) {
        probe.report(w, e, i, 1, page, -1);
        return;
      }
      for (let t = 0; t < w.threads; t++) {
        if (w.threadWord(t, THREAD.RCU_NESTING) > 0 && section[t] < queued) {
          probe.report(w, e, i, 3, t, -1);
          return;
        }
      }
    }

    const rootQueued: Handler = (w, e, i) => queue(w, e, i, e.c[i], w.pageWord(e.c[i], PAGE.LISTED) !== 0);
    const tableQueued: Handler = (w, e, i) =>
      queue(w, e, i, e.subject[i] >> 4, facts.isLinked(e.subject[i] >> 4));
    const rootFreed: Handler = (w, e, i) => free(w, e, i, e.c[i]);
    const tableFreed: Handler = (w, e, i) => free(w, e, i, e.subject[i] >> 4);
    // kind 0: a step of a thread. A hardware walk has no read sections (I4, I22).
    const touched: Handler = (w, e, i) => {
      if (e.b[i] === 0) probe.report(w, e, i, 4, e.c[i], -1);
    };
    const reach = (page: number): void => {
      reachable[page] = 1;
    };
    return {
      before: {
        RootFreeQueued: rootQueued,
        TableFreeQueued: tableQueued,
        RootFreed: rootFreed,
        TableFreed: tableFreed,
      },
      after: {
        RootListed: (_w, e, i) => reach(e.c[i]),
        TableLinked: (w, e, i) => {
          // A shadow page is freed behind a remote flush, not by RCU.
          const root = facts.rootOf(w, e.a[i]);
          if (root < 0 || role_is_direct(w.pageWord(root, PAGE.ROLE))) reach(e.subject[i] >> 4);
        },
        RcuReadLocked: (w, e, i) => {
          const t = e.thread[i];
          if (w.threadWord(t, THREAD.RCU_NESTING) === 1) section[t] = clock[QUEUED];
        },
        RcuGracePeriodStarted: () => {
          clock[STARTED]++;
        },
        RcuGracePeriodEnded: () => {
          clock[ENDED] = clock[STARTED];
        },
        FreedPageTouched: touched,
      },
    };
  },
};

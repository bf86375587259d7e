// I22. Who owes a remote flush is counted per thread; and where memory is really reused, the caches of all CPUs are looked
// into: a stale entry counts only if its vCPU can use it, that is inside the guest with that root, or on its way to it with
// no flush in between. Left out: the outer hypervisor's shadow.
import { PAGE, THREAD, TLB_WORDS, VCPU, VCPU_STATE } from '../aggregates/layout.js';
import { role_is_invalid } from '../aggregates/role.js';
import { is_leaf_spte, is_nonleaf_spte, is_removed_spte, is_shadow_present_pte } from '../aggregates/spte.js';
import { tlbSlot } from '../aggregates/tlb.js';
import type { World } from '../aggregates/world.js';
import { FLUSH, REQ } from '../events/constants.js';
import { LOCK_MODE } from '../events/lock.events.js';
import { changeOf, gfnOf, nextSlotOf, outlives } from './host-pages.js';
import type { EventRows, Handler, Invariant } from './invariant.js';
import { mmuLockMode } from './world-walks.js';

const FLUSH_REQUESTS = REQ.TLB_FLUSH | REQ.TLB_FLUSH_CURRENT | REQ.TLB_FLUSH_GUEST;
const NEW_ROOT_REQUESTS = REQ.MMU_FREE_OBSOLETE_ROOTS | REQ.MMU_RELOAD;

/** The model's gfns are positive 32-bit numbers: what an entry translates beyond them ends here. */
const MOST_PAGES = 2 ** 30;

/** Pages that an entry of the table translates. */
function pagesOf(w: World, table: number): number {
  return Math.min(MOST_PAGES, 2 ** w.entryShift(w.pageWord(table, PAGE.LEVEL)));
}

function firstGfn(w: World, table: number, index: number): number {
  return Math.min(MOST_PAGES, w.pageWord(table, PAGE.GFN) + index * pagesOf(w, table));
}

export const i22FlushBeforeReuse: Invariant = {
  number: 22,
  name: 'FLUSH_BEFORE_REUSE',
  kind: 'transition',
  statement:
    'Between the removal of an entry or table of a valid root and the reuse of what it led to (a notifier returns, a ' +
    'read section in which tables were unlinked ends, a frozen entry is overwritten) the remote TLB flush has completed.',
  eras: 'abcdefgh',
  exercise: 'removed an entry that had to be flushed, or reused what it led to',
  details: [
    '',
    'a notifier released mmu_lock with removed entries that were not flushed',
    'an RCU section ended with unlinked tables that were not flushed',
    'a frozen entry was overwritten before the flush',
    'a page was reused while a vCPU can still translate to it',
    'a table was freed while a vCPU can still walk into it',
    'an entry was filled again before what it held was flushed',
  ],
  seen: 'entries or tables not flushed, or the vCPU',
  create(w, _rules, probe, facts, take) {
    /** By thread, since its last remote flush: leafs removed inside a notifier; tables unlinked; the entry it froze. */
    const leafs = take(w.threads);
    const tables = take(w.threads);
    const frozen = take(w.threads);
    /** By thread: the large leaf that it cleared with mmu_lock held for read, and has not flushed. */
    const cleared = take(w.threads);
    /** By thread: the gfns [from, end) of those leafs, and of those tables, that no flush has covered. */
    const leafGfns = take(2 * w.threads);
    const tableGfns = take(2 * w.threads);
    /** By vCPU: it took a flush request or loaded a root and is about to flush. */
    const owes = take(w.vcpus);

    const valid = (w: World, table: number): boolean => {
      const root = facts.rootOf(w, table);
      return root >= 0 && !role_is_invalid(w.pageWord(root, PAGE.ROLE));
    };
    /** The vCPU can use what its CPU caches under this tag (root page + 1). */
    const usable = (w: World, v: number, tag: number): boolean => {
      if (w.vcpuWord(v, VCPU.STATE) !== VCPU_STATE.live) return false;
      const inside = w.vcpuWord(v, VCPU.ENTERED_ROOT);
      if (inside !== 0) return inside === tag;
      if (w.vcpuWord(v, VCPU.ROOT) !== tag || owes[v] !== 0) return false;
      if (facts.isEnding(w, w.vcpuWord(v, VCPU.VM))) return false;
      if ((w.vcpuWord(v, VCPU.REQUESTS) & (FLUSH_REQUESTS | NEW_ROOT_REQUESTS)) !== 0) return false;
      return !role_is_invalid(w.pageWord(tag - 1, PAGE.ROLE));
    };

    /** One more removed entry of that thread that no flush has covered. */
    const widen = (
      w: World,
      t: number,
      table: number,
      index: number,
      count: Int32Array,
      gfns: Int32Array,
    ): void => {
      const first = firstGfn(w, table, index);
      const behind = first + pagesOf(w, table);
      gfns[2 * t] = count[t] === 0 ? first : Math.min(gfns[2 * t], first);
      gfns[2 * t + 1] = count[t] === 0 ? behind : Math.max(gfns[2 * t + 1], behind);
      count[t]++;
    };
    /** What is left uncovered behind a flush of [gfn, behind): all of it where the flush lies in its middle. */
    const covered = (t: number, gfn: number, behind: number, count: Int32Array, gfns: Int32Array): void => {
      if (count[t] === 0) return;
      const from = gfns[2 * t];
      const end = gfns[2 * t + 1];
      if (gfn <= from && behind >= end) settled(t, count, gfns);
      else if (gfn <= from && behind > from) gfns[2 * t] = behind;
      else if (behind >= end && gfn < end) gfns[2 * t + 1] = gfn;
    };
    const settled = (t: number, count: Int32Array, gfns: Int32Array): void => {
      count[t] = 0;
      gfns[2 * t] = 0;
      gfns[2 * t + 1] = 0;
    };
    /** The entry (word + 1) that was frozen or cleared, when the flush does not cover it; else 0. */
    const stillOwed = (w: World, entry: number, gfn: number, behind: number): number => {
      if (entry === 0) return 0;
      const at = entry - 1 - w.entry(0, 0);
      const table = at >>> w.tableBits;
      const first = firstGfn(w, table, at & w.tableMask);
      return gfn <= first && first + pagesOf(w, table) <= behind ? 0 : entry;
    };

    const refilled = (w: World, e: EventRows, i: number): void => {
      const entry = w.entry(e.subject[i] >> 4, e.a[i]) + 1;
      for (let u = 0; u < w.threads; u++) {
        if (cleared[u] !== entry) continue;
        cleared[u] = 0;
        probe.report(w, e, i, 6, u, -1);
      }
    };
    const spte: Handler = (w, e, i) => {
      const before = e.b[i];
      const t = e.thread[i];
      if (is_shadow_present_pte(e.c[i]) && !is_shadow_present_pte(before)) refilled(w, e, i);
      if (is_removed_spte(before)) {
        const entry = w.entry(e.subject[i] >> 4, e.a[i]) + 1;
        if (frozen[t] !== entry) return;
        frozen[t] = 0;
        probe.checks++;
        probe.report(w, e, i, 3, e.c[i], -1);
        return;
      }
      if (!is_shadow_present_pte(before)) return;
      const table = e.subject[i] >> 4;
      if (is_removed_spte(e.c[i])) {
        if (valid(w, table)) frozen[t] = w.entry(table, e.a[i]) + 1;
      } else if (is_leaf_spte(before)) {
        const large = w.pageWord(table, PAGE.LEVEL) > 1;
        if (
          large &&
          !is_shadow_present_pte(e.c[i]) &&
          mmuLockMode(w, t) === LOCK_MODE.read &&
          valid(w, table)
        )
          cleared[t] = w.entry(table, e.a[i]) + 1;
        if (facts.notifier[t] !== 0 && !is_shadow_present_pte(e.c[i]) && valid(w, table)) {
          widen(w, t, table, e.a[i], leafs, leafGfns);
        }
        return;
      }
      if (is_nonleaf_spte(before) && !is_nonleaf_spte(e.c[i]) && facts.zapsAll[t] === 0 && valid(w, table))
        widen(w, t, table, e.a[i], tables, tableGfns);
    };
    const flushed: Handler = (_w, e, i) => {
      const t = e.thread[i];
      if (leafs[t] !== 0 || tables[t] !== 0 || frozen[t] !== 0 || cleared[t] !== 0) probe.checks++;
      settled(t, leafs, leafGfns);
      settled(t, tables, tableGfns);
      frozen[t] = 0;
      cleared[t] = 0;
    };
    const rangeFlushed: Handler = (w, e, i) => {
      const t = e.thread[i];
      const behind = e.a[i] + e.b[i];
      if (leafs[t] !== 0 || tables[t] !== 0 || frozen[t] !== 0 || cleared[t] !== 0) probe.checks++;
      covered(t, e.a[i], behind, leafs, leafGfns);
      covered(t, e.a[i], behind, tables, tableGfns);
      frozen[t] = stillOwed(w, frozen[t], e.a[i], behind);
      cleared[t] = stillOwed(w, cleared[t], e.a[i], behind);
    };
    // A yield is not the return: over several slots the kernel may yield in the second with the flush of the first pending.
    const released: Handler = (w, e, i) => {
      const t = e.thread[i];
      if (leafs[t] === 0 || facts.yields[t] !== 0) return;
      if (facts.notifier[t] !== 0) probe.report(w, e, i, 1, leafs[t], -1);
      settled(t, leafs, leafGfns);
    };
    const leftRcu: Handler = (w, e, i) => {
      const t = e.thread[i];
      if (tables[t] === 0 || w.threadWord(t, THREAD.RCU_NESTING) !== 0) return;
      probe.report(w, e, i, 2, tables[t], -1);
      settled(t, tables, tableGfns);
    };
    const pageChanged: Handler = (w, e, i) => {
      const change = changeOf(e.a[i], e.b[i]);
      if (change === 0) return;
      probe.checks++;
      const page = e.subject[i] >> 4;
      for (let slot = nextSlotOf(w, page, -1); slot >= 0; slot = nextSlotOf(w, page, slot)) {
        const gfn = gfnOf(w, slot, page);
        for (let v = 0; v < w.vcpus; v++) {
          const at = tlbSlot(w, v, gfn);
          const tag = w.s[at];
          if (tag === 0 || w.s[at + 1] !== gfn || !outlives(change, w.s[at + 2])) continue;
          if (usable(w, v, tag)) probe.report(w, e, i, 4, v, -1);
        }
      }
    };
    const tableFreed = (w: World, e: EventRows, i: number): void => {
      const page = e.subject[i] >> 4;
      const { pscEntries } = w.layout.topology;
      probe.checks++;
      for (let v = 0; v < w.vcpus; v++) {
        const from = w.layout.psc + v * pscEntries * TLB_WORDS;
        for (let at = from; at < from + pscEntries * TLB_WORDS; at += TLB_WORDS) {
          if (w.s[at] === 0 || w.s[at + 2] !== page) continue;
          if (usable(w, v, w.s[at])) {
            probe.report(w, e, i, 5, v, -1);
            break;
          }
        }
      }
    };
    return {
      before: { SpteChanged: spte, HostPageChanged: pageChanged, TableFreed: tableFreed },
      after: {
        RemoteFlushEnded: flushed,
        RangeFlushed: rangeFlushed,
        LockReleased: released,
        RcuReadUnlocked: leftRcu,
        RequestTaken: (_w, e, i) => {
          if ((e.a[i] & FLUSH_REQUESTS) !== 0) owes[e.subject[i] >> 4] = 1;
        },
        RootLoaded: (_w, e, i) => {
          if (e.a[i] === 0) owes[e.subject[i] >> 4] = 1;
        },
        TlbFlushed: (_w, e, i) => {
          if (e.a[i] !== FLUSH.RANGE) owes[e.subject[i] >> 4] = 0;
        },
      },
    };
  },
};

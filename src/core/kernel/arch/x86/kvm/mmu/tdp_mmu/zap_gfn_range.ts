// zap_gfn_range() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.10
// Zaps, in one root, what lies fully inside [start, end), and leafs that reach into it: each SPTE becomes 0, a table below it goes
// at once with all that it holds. flags: bit 0 may yield (then a pending flush is done first), bit 1 mmu_lock held for read.
// Context: mmu_lock held (a spinlock). Returns whether a flush is due.
// Constants: hostMaxGfn the first gfn past what the host can address, where every walk stops (0: past all; B3); zapsTopLevel 0:
// a walk over everything tests SPTEs against that bound like any other (B2); yieldNeedsProgress 0: yields again where it has just
// yielded (B23); restartAdvances 1: the entry at which the walk begins again is stepped over (B19).
// Left out: need_resched.
import { PAGE } from '../../../../../../aggregates/layout.js';
import { is_nonleaf_spte, is_shadow_present_pte } from '../../../../../../aggregates/spte.js';
import { op } from '../../../../../../machine/op.js';
import { call, type Env, procedure, ret, steps } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import {
  GFN_END,
  iter_table,
  made_progress,
  NEXT_TABLE,
  progress_of,
  TDP_ITER,
  type TdpIter,
  tdp_iter_next,
  tdp_iter_restart,
  tdp_iter_start,
  tdp_iter_step_down,
  tell_restarted,
  WALK_ENDS,
} from '../tdp_iter.js';

interface ZapWalk extends TdpIter {
  readonly env: Env;
  readonly start: number;
  readonly end: number;
  readonly flags: number;
}

export const ZAP_MAY_YIELD = 1;
export const ZAP_SHARED = 2;

/** Where the walk stops. */
export function zap_end(l: ZapWalk): number {
  const bound = l.env.constants['hostMaxGfn'] ?? 0;
  return bound > 0 && bound < l.end ? bound : l.end;
}

function zaps_all(l: ZapWalk): boolean {
  return l.start === 0 && l.end === GFN_END && l.env.constants['zapsTopLevel'] !== 0;
}

/** A non-leaf entry that goes as a whole; if not, the walk looks at what is below it. */
export function zap_covers(l: ZapWalk): boolean {
  if (zaps_all(l)) return true;
  if (l.gfn < l.start) return false;
  const end = zap_end(l);
  return end === GFN_END || l.gfn + 2 ** l.w.entryShift(l.level) <= end;
}

export function zap_may_yield(l: ZapWalk): boolean {
  if ((l.flags & ZAP_MAY_YIELD) === 0) return false;
  return l.env.constants['yieldNeedsProgress'] === 0 || made_progress(l);
}

/** Lowest level that a walk steps down to: one over everything stays at the root's own entries. */
export function zap_min_level(l: ZapWalk): number {
  return zaps_all(l) ? l.w.pageWord(l.root, PAGE.LEVEL) : 1;
}

const LOCALS = ['vm', 'root', 'start', 'end', 'flags', 'flush', ...TDP_ITER] as const;

/** What both forms share. */
export const zap_gfn_range_steps = steps(LOCALS, ['next_present', 'visit'], {
  resched: [
    null,
    (l, yielded) => {
      if (!yielded) return 'visit';
      l.flush = 0;
      tdp_iter_restart(l);
      return l.env.constants.restartAdvances === 1 ? 'advance' : 'tell_restarted';
    },
  ],
  // The loop's own step to the next entry, upon a walk that has just been put where it shall go on (B19).
  advance: [
    (l) => op.read_spte(iter_table(l), l.index),
    (l, spte) => {
      l.spte = spte;
      if (is_nonleaf_spte(spte) && l.level > zap_min_level(l)) tdp_iter_step_down(l);
      else l.index++;
      return 'tell_restarted';
    },
  ],
  tell_restarted: [(l) => tell_restarted(l), () => 'next_present'],
  try_step_down: [
    (l) => op.read_spte(iter_table(l), l.index),
    (l, spte) => {
      l.spte = spte;
      if (is_nonleaf_spte(spte)) tdp_iter_step_down(l);
      else l.index++;
      return 'next_present';
    },
  ],
  zapped: [
    null,
    (l) => {
      l.flush = 1;
      l.index++;
      return 'next_present';
    },
  ],
});

export const zap_gfn_range = procedure(
  'zap_gfn_range',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.10',
    params: ['vm', 'root', 'start', 'end', 'flags', 'flush'],
    locals: TDP_ITER,
    leftOut: 'need_resched',
  },
  {
    tdp_iter_start: [
      null,
      (l) => {
        tdp_iter_start(l, l.start);
        return 'next_present';
      },
    ],
    next_present: [
      (l) => op.next_present(iter_table(l), l.index),
      (l, found) => {
        const at = tdp_iter_next(l, found, zap_end(l));
        if (at === WALK_ENDS) return ret(l.flush);
        if (at === NEXT_TABLE) return 'next_present';
        return zap_may_yield(l)
          ? call(fn.tdp_mmu_iter_cond_resched, 'resched', l.vm, 0, l.flush, progress_of(l))
          : 'visit';
      },
    ],
    resched: zap_gfn_range_steps.resched,
    advance: zap_gfn_range_steps.advance,
    tell_restarted: zap_gfn_range_steps.tell_restarted,
    visit: [
      null,
      (l) => {
        if (!is_shadow_present_pte(l.spte) || (is_nonleaf_spte(l.spte) && !zap_covers(l)))
          return 'try_step_down';
        return call(fn.tdp_mmu_set_spte, 'zapped', l.vm, iter_table(l), l.index, 0);
      },
    ],
    zapped: zap_gfn_range_steps.zapped,
    try_step_down: zap_gfn_range_steps.try_step_down,
  },
);

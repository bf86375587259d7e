// A protocol whose zap of a root may yield behind the last present entry of a table as well. The kernel looks at every entry whether
// somebody waits for mmu_lock (tdp_mmu_iter_cond_resched stands before the test for a present one), and a real table has empty entries
// behind its last one; the shipped forms go over those in one step, as the searches of litmus do not need them. A recording shows such
// yields (6.1.192-nofix `smi`, 21.725729), so the machine that follows recordings has them.
import { PAGE } from '../aggregates/layout.js';
import {
  GFN_END,
  iter_table,
  made_progress,
  NEXT_TABLE,
  progress_of,
  type TdpIter,
  tdp_iter_next,
  WALK_ENDS,
} from '../kernel/arch/x86/kvm/mmu/tdp_iter.js';
import { __tdp_mmu_zap_root } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/__tdp_mmu_zap_root.js';
import { fn } from '../kernel/functions.js';
import { op } from '../machine/op.js';
import { call, type Procedure, ret, steps } from '../machine/procedure.js';
import { extend, type Protocol } from './protocol.js';

const SUFFIX = '+every-entry';

/** The walk goes on to the first of the empty entries behind the last present one of its table; false: there are none. */
function step_to_empty(l: TdpIter): boolean {
  const table = iter_table(l);
  if (table === l.root || l.index > l.w.tableMask) return false;
  const gfn = l.w.pageWord(table, PAGE.GFN) + l.index * 2 ** l.w.entryShift(l.level);
  if (gfn > l.nextGfn) l.nextGfn = gfn;
  return true;
}

const zap_root_steps = steps(
  [
    'vm',
    'root',
    'shared',
    'removed',
    'level',
    'index',
    'gfn',
    'spte',
    'nextGfn',
    'yieldedGfn',
    'pt1',
    'pt2',
    'pt3',
    'pt4',
  ],
  ['visit', 'resched', 'tell_yielded'],
  {
    next_present: [
      (l) => op.next_present(iter_table(l), l.index),
      (l, found) => {
        const empty = found < 0 && step_to_empty(l);
        const at = tdp_iter_next(l, found, GFN_END);
        if (at === WALK_ENDS) return ret(l.removed);
        if (at === NEXT_TABLE)
          return empty && made_progress(l)
            ? call(fn.tdp_mmu_iter_cond_resched, 'resched_empty', l.vm, l.shared, 0, progress_of(l))
            : 'next_present';
        if (made_progress(l))
          return call(fn.tdp_mmu_iter_cond_resched, 'resched', l.vm, l.shared, 0, progress_of(l));
        return 'visit';
      },
    ],
    resched_empty: [null, (_l, yielded) => (yielded ? 'tell_yielded' : 'next_present')],
  },
);

const zap_root_every_entry: Procedure = {
  ...__tdp_mmu_zap_root,
  steps: { ...__tdp_mmu_zap_root.steps, ...(zap_root_steps as unknown as Procedure['steps']) },
};

const made = new Map<Protocol, Protocol>();

/** The protocol itself where its zaps never give the lock up for a reader, or where it has another walk of its own. */
export function everyEntry(base: Protocol): Protocol {
  const own = base.procedures.find(({ name }) => name === __tdp_mmu_zap_root.name);
  if (own !== __tdp_mmu_zap_root) return base;
  const known = made.get(base);
  if (known !== undefined) return known;
  const protocol = extend(base, {
    id: `${base.id}${SUFFIX}`,
    title: `${base.title}; zaps may yield behind the last entry of a table`,
    source: base.source,
    replace: [zap_root_every_entry],
  });
  made.set(base, protocol);
  return protocol;
}

/** The id of the protocol that it is made of; null: it is not one of these. */
export function splitEveryEntry(id: string): string | null {
  return id.endsWith(SUFFIX) ? id.slice(0, -SUFFIX.length) : null;
}

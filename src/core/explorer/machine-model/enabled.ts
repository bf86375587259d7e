// Whether a thread could take its next step: the waiting rules of machine/decide, as a pure look at the op and the state.
// Attempts at a lock that only would make the thread wait are no steps of a search, except where they are seen: a holder
// that is about to ask whether somebody waits (rwlock_needbreak). Elsewhere an attempt can be made later as well: until then
// it only keeps new readers out, and a schedule in which they do not come exists anyway.
import { LOCK, LOCK_KIND, LOCKS_PER_VM, MACHINE, THREAD, VCPU, VM } from '../../aggregates/layout.js';
import { is_shadow_present_pte, REMOVED_SPTE } from '../../aggregates/spte.js';
import type { World } from '../../aggregates/world.js';
import { MODE } from '../../events/constants.js';
import { LOCK_MODE } from '../../events/lock.events.js';
import { OP } from '../../machine/op.js';

/** Words that a state keeps of each thread's next op: kind + 1 (0: none, it has ended) and three operands. */
export const OP_WORDS = 4;

export function canStep(w: World, ops: Int32Array, t: number, threads: number): boolean {
  const { s } = w;
  const at = t * OP_WORDS;
  const a = ops[at + 1];
  switch (ops[at] - 1) {
    case -1:
      return false;
    case OP.LOCK:
      return isFree(w, a, ops[at + 2]) || isAttempt(w, ops, t, threads);
    case OP.RCU_GP_END:
      return s[MACHINE.GP_BLOCKERS] === 0;
    case OP.RCU_INVOKE:
      return s[MACHINE.GP_DONE] !== 0 || s[MACHINE.GP_NEXT] !== 0;
    case OP.RCU_BARRIER:
      return s[MACHINE.GP_NEXT] === 0 && s[MACHINE.GP_CURRENT] === 0 && s[MACHINE.GP_DONE] === 0;
    case OP.SRCU_SYNC_WAIT:
      return w.vmWord(a, VM.SRCU_BLOCKERS) === 0;
    case OP.TAKE_WORK:
      for (let vm = 0; vm < w.vms; vm++) if (w.vmWord(vm, VM.WQ_HEAD) !== 0) return true;
      return false;
    case OP.WQ_FLUSH_WAIT:
      return w.vmWord(a, VM.WQ_FLUSHERS) === 0;
    case OP.WAIT_OUTSIDE:
      return w.vcpuWord(a, VCPU.MODE) === MODE.OUTSIDE_GUEST_MODE || w.vcpuWord(a, VCPU.KICKED) === 0;
    case OP.BARRIER_WAIT:
      return s[w.layout.barrier + a] >= ops[at + 2];
    case OP.WAIT_NOTIFIERS:
      return w.vmWord(a, VM.MN_ACTIVE) === 0;
    case OP.TAKE_COMMAND:
      return w.threadWord(t, THREAD.COMMAND) !== 0;
    case OP.XCHG_NEXT_REMOVED:
      return !waitsForFrozen(w, a, ops[at + 2], ops[at + 3]);
    default:
      return true;
  }
}

export function isFree(w: World, lock: number, mode: number): boolean {
  const l = w.lock(lock);
  if (w.s[l + LOCK.WRITER] !== 0) return false;
  return mode === LOCK_MODE.write ? w.s[l + LOCK.READERS] === 0 : w.s[l + LOCK.WAITING_WRITERS] === 0;
}

/** The attempt would be seen: nobody is known to wait, and a holder is about to look. */
function isAttempt(w: World, ops: Int32Array, t: number, threads: number): boolean {
  const lock = ops[t * OP_WORDS + 1];
  if (lock % LOCKS_PER_VM !== LOCK_KIND.mmu_lock) return false;
  const l = w.lock(lock);
  const { s } = w;
  const written = s[l + LOCK.WRITER] !== 0;
  if (s[l + LOCK.WAITING_WRITERS] > 0 || (written && s[l + LOCK.WAITING_READERS] > 0)) return false;
  if (!written && ops[t * OP_WORDS + 2] !== LOCK_MODE.write) return false;
  for (let u = 0; u < threads; u++) {
    if (u !== t && ops[u * OP_WORDS] === OP.NEEDBREAK + 1 && ops[u * OP_WORDS + 1] === lock) return true;
  }
  return false;
}

/** The next entry that handle_removed_pt would exchange is frozen by somebody else. */
function waitsForFrozen(w: World, table: number, from: number, shared: number): boolean {
  const base = w.entry(table, 0);
  for (let i = from; i <= w.tableMask; i++) {
    const before = w.s[base + i];
    if (before === 0 || (shared === 0 && !is_shadow_present_pte(before))) continue;
    return before === REMOVED_SPTE;
  }
  return false;
}

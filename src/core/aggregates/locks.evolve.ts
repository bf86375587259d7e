// rwlock, spinlocks and mutexes (one shape), RCU and SRCU.
import { LOCK_MODE } from '../events/lock.events.js';
import type { Evolver } from './evolver.js';
import { tellsOnly } from './evolver.js';
import { LOCK, LOCKS_PER_VM, MACHINE, PAGE, RCU_STATE, THREAD, VM } from './layout.js';

export const lockEvolvers = {
  LockContended(w, t, id, mode) {
    const { s } = w;
    s[w.lock(id) + (mode === LOCK_MODE.write ? LOCK.WAITING_WRITERS : LOCK.WAITING_READERS)]++;
    const at = w.thread(t);
    s[at + THREAD.WAITS_LOCK] = id + 1;
    s[at + THREAD.WAITS_MODE] = mode;
  },
  LockAcquired(w, t, id, mode, waited) {
    const { s } = w;
    const l = w.lock(id);
    const at = w.thread(t);
    if (waited !== 0) {
      s[l + (mode === LOCK_MODE.write ? LOCK.WAITING_WRITERS : LOCK.WAITING_READERS)]--;
      s[at + THREAD.WAITS_LOCK] = 0;
      s[at + THREAD.WAITS_MODE] = 0;
    }
    if (mode === LOCK_MODE.write) s[l + LOCK.WRITER] = t + 1;
    else s[l + LOCK.READERS]++;
    s[at + THREAD.HELD0 + (id % LOCKS_PER_VM)] = mode;
  },
  LockReleased(w, t, id, mode) {
    const { s } = w;
    const l = w.lock(id);
    if (mode === LOCK_MODE.write) s[l + LOCK.WRITER] = 0;
    else s[l + LOCK.READERS]--;
    s[w.thread(t) + THREAD.HELD0 + (id % LOCKS_PER_VM)] = 0;
  },
  LockYielded: tellsOnly,

  RcuReadLocked(w, t) {
    w.s[w.thread(t) + THREAD.RCU_NESTING]++;
  },
  RcuReadUnlocked(w, t) {
    const { s } = w;
    const at = w.thread(t);
    s[at + THREAD.RCU_NESTING]--;
    if (s[at + THREAD.RCU_NESTING] === 0 && s[at + THREAD.RCU_BLOCKS_GP] !== 0) {
      s[at + THREAD.RCU_BLOCKS_GP] = 0;
      s[MACHINE.GP_BLOCKERS]--;
    }
  },
  RcuGracePeriodStarted(w) {
    const { s } = w;
    s[MACHINE.GP_ACTIVE] = 1;
    s[MACHINE.GP_CURRENT] = s[MACHINE.GP_NEXT];
    s[MACHINE.GP_CURRENT_TAIL] = s[MACHINE.GP_NEXT_TAIL];
    s[MACHINE.GP_CURRENT_COUNT] = s[MACHINE.GP_NEXT_COUNT];
    s[MACHINE.GP_NEXT] = 0;
    s[MACHINE.GP_NEXT_TAIL] = 0;
    s[MACHINE.GP_NEXT_COUNT] = 0;
    // Only sections that are open now can hold this grace period up.
    for (let t = 0; t < w.threads; t++) {
      const at = w.thread(t);
      if (s[at + THREAD.RCU_NESTING] > 0) {
        s[at + THREAD.RCU_BLOCKS_GP] = 1;
        s[MACHINE.GP_BLOCKERS]++;
      }
    }
  },
  RcuGracePeriodEnded(w) {
    const { s } = w;
    s[MACHINE.GP_ACTIVE] = 0;
    const first = s[MACHINE.GP_CURRENT];
    for (let p = first; p !== 0; p = s[w.page(p - 1) + PAGE.RCU_NEXT])
      s[w.page(p - 1) + PAGE.RCU] = RCU_STATE.ready;
    if (first !== 0) {
      const tail = s[MACHINE.GP_DONE_TAIL];
      if (tail === 0) s[MACHINE.GP_DONE] = first;
      else s[w.page(tail - 1) + PAGE.RCU_NEXT] = first;
      s[MACHINE.GP_DONE_TAIL] = s[MACHINE.GP_CURRENT_TAIL];
      s[MACHINE.GP_DONE_COUNT] += s[MACHINE.GP_CURRENT_COUNT];
    }
    s[MACHINE.GP_CURRENT] = 0;
    s[MACHINE.GP_CURRENT_TAIL] = 0;
    s[MACHINE.GP_CURRENT_COUNT] = 0;
  },
  SrcuReadLocked(w, t, _n, vm) {
    w.s[w.thread(t) + THREAD.SRCU_VM] = vm + 1;
  },
  SrcuReadUnlocked(w, t, _n, vm) {
    const { s } = w;
    const at = w.thread(t);
    s[at + THREAD.SRCU_VM] = 0;
    if (s[at + THREAD.SRCU_BLOCKS] !== 0) {
      s[at + THREAD.SRCU_BLOCKS] = 0;
      s[w.vm(vm) + VM.SRCU_BLOCKERS]--;
    }
  },
  SrcuSyncStarted(w, t, vm) {
    const { s } = w;
    s[w.vm(vm) + VM.SRCU_SYNC] = t + 1;
    for (let r = 0; r < w.threads; r++) {
      const at = w.thread(r);
      if (r !== t && s[at + THREAD.SRCU_VM] === vm + 1) {
        s[at + THREAD.SRCU_BLOCKS] = 1;
        s[w.vm(vm) + VM.SRCU_BLOCKERS]++;
      }
    }
  },
  SrcuSyncEnded(w, _t, vm) {
    w.s[w.vm(vm) + VM.SRCU_SYNC] = 0;
  },
} satisfies Record<string, Evolver>;

// Locks, RCU and SRCU. A waiting writer keeps new readers out, as the kernel's queued rwlock does.
// Left out: the queue order among waiters (the scheduler chooses), lock stealing, per-CPU fast paths.

import { LOCK, LOCKS_PER_VM, MACHINE, PAGE, PAGE_KIND, THREAD, VM } from '../../aggregates/layout.js';
import { E } from '../../events/catalogue.js';
import { LOCK_MODE } from '../../events/lock.events.js';
import { S_LOCK, S_MACHINE, S_ROOT, S_TABLE, S_THREAD, S_VM, WAIT } from '../batch.js';
import { OP } from '../op.js';
import type { Decide } from './context.js';

const lock: Decide = (w, o, out) => {
  const id = o.a;
  const mode = o.b;
  const { s } = w;
  const l = w.lock(id);
  const waits = s[w.thread(out.thread) + THREAD.WAITS_LOCK] === id + 1;
  const free =
    mode === LOCK_MODE.write
      ? s[l + LOCK.WRITER] === 0 && s[l + LOCK.READERS] === 0
      : s[l + LOCK.WRITER] === 0 && s[l + LOCK.WAITING_WRITERS] === 0;
  if (free) {
    out.emit(E.LockAcquired, id * 16 + S_LOCK, mode, waits ? 1 : 0, 0);
    return 1;
  }
  if (!waits) out.emit(E.LockContended, id * 16 + S_LOCK, mode, s[l + LOCK.READERS], s[l + LOCK.WRITER]);
  return out.wait(WAIT.LOCK + id);
};

const unlock: Decide = (_w, o, out) => {
  out.emit(E.LockReleased, o.a * 16 + S_LOCK, o.b, 0, 0);
  return 0;
};

const needbreak: Decide = (w, o, _out, ctx) => {
  if (ctx.needbreak !== null) return ctx.needbreak(w, o.a);
  const l = w.lock(o.a);
  // rwlock_needbreak: somebody waits (a reader only matters while the lock is held for write).
  return w.s[l + LOCK.WAITING_WRITERS] > 0 ||
    (w.s[l + LOCK.WRITER] !== 0 && w.s[l + LOCK.WAITING_READERS] > 0)
    ? 1
    : 0;
};

const yieldLock: Decide = (w, o, out) => {
  const l = w.lock(o.a);
  const subject = o.a * 16 + S_LOCK;
  const waiting = w.s[l + LOCK.WAITING_WRITERS] + w.s[l + LOCK.WAITING_READERS];
  out.emit(E.LockYielded, subject, o.b, waiting, o.c);
  out.emit(E.LockReleased, subject, o.b, 0, 0);
  return 0;
};

const assertLock: Decide = (w, o, out) => {
  const held = w.s[w.thread(out.thread) + THREAD.HELD0 + (o.a % LOCKS_PER_VM)];
  if (o.b === 0 ? held !== 0 : held === o.b) return 1;
  out.emit(E.AssertionFired, S_MACHINE, o.c, o.a, 0);
  return 0;
};

const rcuReadLock: Decide = (w, _o, out) => {
  out.emit(
    E.RcuReadLocked,
    out.thread * 16 + S_THREAD,
    w.s[w.thread(out.thread) + THREAD.RCU_NESTING] + 1,
    0,
    0,
  );
  return 0;
};
const rcuReadUnlock: Decide = (w, _o, out) => {
  out.emit(
    E.RcuReadUnlocked,
    out.thread * 16 + S_THREAD,
    w.s[w.thread(out.thread) + THREAD.RCU_NESTING] - 1,
    0,
    0,
  );
  return 0;
};

const callRcu: Decide = (w, o, out) => {
  const at = w.page(o.a);
  const present = w.s[at + PAGE.PRESENT];
  if (w.s[at + PAGE.KIND] === PAGE_KIND.root) {
    out.emit(E.RootFreeQueued, w.s[at + PAGE.SERIAL] * 16 + S_ROOT, present, w.s[at + PAGE.REFCOUNT], o.a);
  } else {
    out.emit(E.TableFreeQueued, o.a * 16 + S_TABLE, present, w.s[at + PAGE.LEVEL], 0);
  }
  return 0;
};

const gpStart: Decide = (w, _o, out) => {
  let open = 0;
  for (let t = 0; t < w.threads; t++) if (w.s[w.thread(t) + THREAD.RCU_NESTING] > 0) open++;
  out.emit(E.RcuGracePeriodStarted, S_MACHINE, open, w.s[MACHINE.GP_NEXT_COUNT], 0);
  return 0;
};
const gpEnd: Decide = (w, _o, out) => {
  if (w.s[MACHINE.GP_BLOCKERS] > 0) return out.wait(WAIT.RCU);
  out.emit(E.RcuGracePeriodEnded, S_MACHINE, w.s[MACHINE.GP_CURRENT_COUNT], 0, 0);
  return 0;
};

/** Runs the first ready callback (answer 1), or says that a grace period may start (answer 0), or waits. */
const invoke: Decide = (w, _o, out) => {
  const ready = w.s[MACHINE.GP_DONE];
  if (ready === 0) return w.s[MACHINE.GP_NEXT] === 0 ? out.wait(WAIT.RCU) : 0;
  const at = w.page(ready - 1);
  const present = w.s[at + PAGE.PRESENT];
  if (w.s[at + PAGE.KIND] === PAGE_KIND.root) {
    out.emit(E.RootFreed, w.s[at + PAGE.SERIAL] * 16 + S_ROOT, w.s[at + PAGE.ROLE], present, ready - 1);
  } else {
    out.emit(E.TableFreed, (ready - 1) * 16 + S_TABLE, present, w.s[at + PAGE.LEVEL], 0);
  }
  return 1;
};

/** Waits for every list of callbacks to be empty: more than rcu_barrier asks for, and never less. */
const barrier: Decide = (w, _o, out) =>
  w.s[MACHINE.GP_NEXT] === 0 && w.s[MACHINE.GP_CURRENT] === 0 && w.s[MACHINE.GP_DONE] === 0
    ? 1
    : out.wait(WAIT.RCU_BARRIER);

const srcuReadLock: Decide = (_w, o, out) => {
  out.emit(E.SrcuReadLocked, out.thread * 16 + S_THREAD, o.a, 0, 0);
  return 0;
};
const srcuReadUnlock: Decide = (_w, o, out) => {
  out.emit(E.SrcuReadUnlocked, out.thread * 16 + S_THREAD, o.a, 0, 0);
  return 0;
};
const srcuSyncStart: Decide = (w, o, out) => {
  let open = 0;
  for (let t = 0; t < w.threads; t++) {
    if (t !== out.thread && w.s[w.thread(t) + THREAD.SRCU_VM] === o.a + 1) open++;
  }
  out.emit(E.SrcuSyncStarted, o.a * 16 + S_VM, open, 0, 0);
  return 0;
};
const srcuSyncWait: Decide = (w, o, out) => {
  if (w.vmWord(o.a, VM.SRCU_BLOCKERS) > 0) return out.wait(WAIT.SRCU + o.a);
  out.emit(E.SrcuSyncEnded, o.a * 16 + S_VM, 0, 0, 0);
  return 0;
};

export const lockDecisions: Readonly<Record<number, Decide>> = {
  [OP.LOCK]: lock,
  [OP.UNLOCK]: unlock,
  [OP.NEEDBREAK]: needbreak,
  [OP.YIELD]: yieldLock,
  [OP.ASSERT_LOCK]: assertLock,
  [OP.RCU_READ_LOCK]: rcuReadLock,
  [OP.RCU_READ_UNLOCK]: rcuReadUnlock,
  [OP.CALL_RCU]: callRcu,
  [OP.RCU_GP_START]: gpStart,
  [OP.RCU_GP_END]: gpEnd,
  [OP.RCU_INVOKE]: invoke,
  [OP.RCU_BARRIER]: barrier,
  [OP.SRCU_READ_LOCK]: srcuReadLock,
  [OP.SRCU_READ_UNLOCK]: srcuReadUnlock,
  [OP.SRCU_SYNC_START]: srcuSyncStart,
  [OP.SRCU_SYNC_WAIT]: srcuSyncWait,
};

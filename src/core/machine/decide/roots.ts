// Roots: allocation, the list, the role word, refcount_t, and work items.

import { MACHINE, PAGE, PAGE_KIND, THREAD, VM, WORK } from '../../aggregates/layout.js';
import { role_is_invalid, role_made_invalid } from '../../aggregates/role.js';
import type { World } from '../../aggregates/world.js';
import { LimitReached } from '../../base/errors.js';
import { E } from '../../events/catalogue.js';
import { ASSERTION } from '../../events/constants.js';
import { type Decision, S_MACHINE, S_ROOT, S_VM, WAIT } from '../batch.js';
import { OP } from '../op.js';
import type { Decide } from './context.js';

/** Reports a step that touches a page which was returned to the allocator. */
export function touch(w: World, page: number, out: Decision): void {
  if (w.pageWord(page, PAGE.KIND) === PAGE_KIND.free) {
    out.emit(E.FreedPageTouched, w.pageWord(page, PAGE.SERIAL) * 16 + S_ROOT, 0, 0, page);
  }
}

function subject(w: World, root: number): number {
  return w.pageWord(root, PAGE.SERIAL) * 16 + S_ROOT;
}

/** Address of the next free page; the pool is a hard limit of the scenario. */
export function nextFreePage(w: World): number {
  const head = w.s[MACHINE.FREE_PAGE];
  if (head !== 0) return head - 1;
  // No page has come back: the first that was never used.
  const { pages } = w.layout.topology;
  if (w.s[MACHINE.PAGES_HIGH] >= pages) throw new LimitReached('topology.pages', pages);
  return w.s[MACHINE.PAGES_HIGH];
}

const allocRoot: Decide = (w, o, out) => {
  const address = nextFreePage(w);
  out.emit(E.RootAllocated, w.s[MACHINE.NEXT_ROOT] * 16 + S_ROOT, o.b, o.c, address);
  return address;
};

const listAdd: Decide = (w, o, out) => {
  out.emit(E.RootListed, subject(w, o.b), o.a, w.vmWord(o.a, VM.ROOTS) + 1, o.b);
  return 0;
};
const listDel: Decide = (w, o, out) => {
  touch(w, o.b, out);
  out.emit(E.RootUnlinked, subject(w, o.b), o.a, w.vmWord(o.a, VM.ROOTS) - 1, o.b);
  return 0;
};
const listFirst: Decide = (w, o) => w.vmWord(o.a, VM.ROOTS_HEAD) - 1;
const listNext: Decide = (w, o, out) => {
  touch(w, o.a, out);
  return w.pageWord(o.a, PAGE.NEXT) - 1;
};
const readRole: Decide = (w, o, out) => {
  touch(w, o.a, out);
  return w.pageWord(o.a, PAGE.ROLE);
};

/** REFCOUNT_SATURATED: where a count goes that was misused. It never comes back, so its object leaks instead of dying twice. */
const SATURATED = -(1 << 30);

const incNotZero: Decide = (w, o, out) => {
  touch(w, o.a, out);
  const count = w.pageWord(o.a, PAGE.REFCOUNT);
  if (count < 0) {
    out.emit(E.AssertionFired, S_MACHINE, ASSERTION.REFCOUNT_SATURATED, o.a, 0);
    out.emit(E.RootGot, subject(w, o.a), o.b, SATURATED, o.a);
    return 1;
  }
  if (count === 0) {
    out.emit(E.RootGetRefused, subject(w, o.a), o.b, 0, o.a);
    return 0;
  }
  out.emit(E.RootGot, subject(w, o.a), o.b, count + 1, o.a);
  return 1;
};

/** refcount_t never goes below 0: it reports and saturates. */
const decAndTest: Decide = (w, o, out) => {
  touch(w, o.a, out);
  const count = w.pageWord(o.a, PAGE.REFCOUNT);
  if (count <= 0) {
    out.emit(E.AssertionFired, S_MACHINE, ASSERTION.REFCOUNT_UNDERFLOW, o.a, 0);
    out.emit(E.RootPut, subject(w, o.a), o.b, SATURATED, o.a);
    return 0;
  }
  out.emit(E.RootPut, subject(w, o.a), o.b, count - 1, o.a);
  return count === 1 ? 1 : 0;
};

const refcountSet: Decide = (w, o, out) => {
  out.emit(E.RootResurrected, subject(w, o.a), o.c, o.b, o.a);
  return 0;
};
const refcountRead: Decide = (w, o, out) => {
  touch(w, o.a, out);
  return w.pageWord(o.a, PAGE.REFCOUNT);
};

const xchgInvalid: Decide = (w, o, out) => {
  const role = w.pageWord(o.a, PAGE.ROLE);
  if (role_is_invalid(role)) return 1;
  out.emit(E.RootInvalidated, subject(w, o.a), role_made_invalid(role), w.pageWord(o.a, PAGE.REFCOUNT), o.a);
  return 0;
};
const setInvalid: Decide = (w, o, out) => {
  touch(w, o.a, out);
  const role = role_made_invalid(w.pageWord(o.a, PAGE.ROLE));
  out.emit(E.RootInvalidated, subject(w, o.a), role, w.pageWord(o.a, PAGE.REFCOUNT), o.a);
  return 0;
};
const scheduleZap: Decide = (w, o, out) => {
  out.emit(E.RootZapScheduled, subject(w, o.a), o.b, w.pageWord(o.a, PAGE.REFCOUNT), o.a);
  return 0;
};

const takeZap: Decide = (w, o, out) => {
  touch(w, o.a, out);
  if (w.pageWord(o.a, PAGE.SCHEDULED) === 0) return 0;
  out.emit(E.RootZapTaken, subject(w, o.a), 1, w.pageWord(o.a, PAGE.REFCOUNT), o.a);
  return 1;
};

const queueWork: Decide = (w, o, out) => {
  if (w.pageWord(o.b, PAGE.WORK) === WORK.queued) {
    // queue_work on a pending item returns false; INIT_WORK on it is what debugobjects would report.
    out.emit(E.AssertionFired, S_MACHINE, ASSERTION.WARN_WORK_PENDING, o.b, 0);
    return 0;
  }
  out.emit(E.WorkQueued, subject(w, o.b), o.a, w.vmWord(o.a, VM.WQ_PENDING) + 1, o.b);
  return 1;
};

/** A worker of the shared, unbound pool takes the oldest item of the first VM that has one. */
const takeWork: Decide = (w, _o, out) => {
  for (let vm = 0; vm < w.vms; vm++) {
    const head = w.vmWord(vm, VM.WQ_HEAD);
    if (head === 0) continue;
    out.emit(E.WorkStarted, subject(w, head - 1), vm, w.vmWord(vm, VM.WQ_PENDING) - 1, head - 1);
    return head - 1;
  }
  return out.wait(WAIT.WORK);
};
const workDone: Decide = (w, o, out) => {
  const vm = w.threadWord(out.thread, THREAD.WORK_VM) - 1;
  const serial = w.threadWord(out.thread, THREAD.WORK_SERIAL);
  out.emit(E.WorkFinished, serial * 16 + S_ROOT, vm, w.vmWord(vm, VM.WQ_RUNNING) - 1, o.a);
  return 0;
};
const flushStart: Decide = (w, o, out) => {
  const waitsFor = w.vmWord(o.a, VM.WQ_PENDING) + w.vmWord(o.a, VM.WQ_RUNNING);
  out.emit(E.WorkFlushStarted, o.a * 16 + S_VM, waitsFor, 0, 0);
  return 0;
};
const flushWait: Decide = (w, o, out) => {
  if (w.vmWord(o.a, VM.WQ_FLUSHERS) > 0) return out.wait(WAIT.FLUSH + o.a);
  out.emit(E.WorkFlushEnded, o.a * 16 + S_VM, 0, 0, 0);
  return 0;
};

export const rootDecisions: Readonly<Record<number, Decide>> = {
  [OP.ALLOC_ROOT]: allocRoot,
  [OP.LIST_ADD]: listAdd,
  [OP.LIST_DEL]: listDel,
  [OP.LIST_FIRST]: listFirst,
  [OP.LIST_NEXT]: listNext,
  [OP.READ_ROLE]: readRole,
  [OP.INC_NOT_ZERO]: incNotZero,
  [OP.DEC_AND_TEST]: decAndTest,
  [OP.REFCOUNT_SET]: refcountSet,
  [OP.REFCOUNT_READ]: refcountRead,
  [OP.XCHG_INVALID]: xchgInvalid,
  [OP.SET_INVALID]: setInvalid,
  [OP.SCHEDULE_ZAP]: scheduleZap,
  [OP.TAKE_ZAP]: takeZap,
  [OP.QUEUE_WORK]: queueWork,
  [OP.TAKE_WORK]: takeWork,
  [OP.WORK_DONE]: workDone,
  [OP.WQ_FLUSH_START]: flushStart,
  [OP.WQ_FLUSH_WAIT]: flushWait,
};

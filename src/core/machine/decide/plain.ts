// Ops that only read a word or only tell an event, and those of user-space threads.

import { THREAD, VM } from '../../aggregates/layout.js';
import { E } from '../../events/catalogue.js';
import { S_PAGE, S_THREAD, WAIT } from '../batch.js';
import { OP } from '../op.js';
import type { Decide } from './context.js';

const emit: Decide = (_w, o, out) => {
  out.emit(o.a, o.b, o.c, o.d, o.e);
  return 0;
};

const readVcpu: Decide = (w, o) => w.vcpuWord(o.a, o.b);
const readVm: Decide = (w, o) => w.vmWord(o.a, o.b);
const readSlot: Decide = (w, o) => w.slotWord(o.a, o.b);
const readHostPage: Decide = (w, o) => w.s[w.hostPage(o.a)];
const cmpxchgHostPage: Decide = (w, o, out) => {
  for (let p = o.a; p < o.a + o.d; p++) if (w.s[w.hostPage(p)] !== o.b) return 0;
  for (let p = o.a; p < o.a + o.d; p++) out.emit(E.HostPageChanged, p * 16 + S_PAGE, o.b, o.c, 0);
  return 1;
};
const findSlot: Decide = (w, o) => w.findSlot(o.a, o.b, o.c);

const waitNotifiers: Decide = (w, o, out) =>
  w.vmWord(o.a, VM.MN_ACTIVE) === 0 ? 0 : out.wait(WAIT.NOTIFIERS + o.a);

const arrive: Decide = (w, o, out) => {
  out.emit(E.BarrierReached, out.thread * 16 + S_THREAD, o.a, w.s[w.layout.barrier + o.a] + 1, 0);
  return 0;
};
const barrierWait: Decide = (w, o, out) =>
  w.s[w.layout.barrier + o.a] >= o.b ? 0 : out.wait(WAIT.BARRIER + o.a);

const takeCommand: Decide = (w, _o, out) =>
  w.threadWord(out.thread, THREAD.COMMAND) !== 0
    ? w.threadWord(out.thread, THREAD.COMMAND_AT)
    : out.wait(WAIT.COMMAND + out.thread);

const readBarrier: Decide = (w, o) => w.s[w.layout.barrier + o.a];

export const plainDecisions: Readonly<Record<number, Decide>> = {
  [OP.EMIT]: emit,
  [OP.TELL]: emit,
  [OP.READ_VCPU]: readVcpu,
  [OP.READ_VM]: readVm,
  [OP.READ_SLOT]: readSlot,
  [OP.READ_HOST_PAGE]: readHostPage,
  [OP.CMPXCHG_HOST_PAGE]: cmpxchgHostPage,
  [OP.FIND_SLOT]: findSlot,
  [OP.WAIT_NOTIFIERS]: waitNotifiers,
  [OP.BARRIER_ARRIVE]: arrive,
  [OP.BARRIER_WAIT]: barrierWait,
  [OP.READ_BARRIER]: readBarrier,
  [OP.TAKE_COMMAND]: takeCommand,
};

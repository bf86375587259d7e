// `traced`: what a recording did, as a scenario. Its parameters are none: what it is built from is a workload (workload.ts), which
// the manifest of a session carries. Made by core/explorer/traced from the lines of an imported trace.
import { SLOT_FLAG } from '../../aggregates/layout.js';
import { BadInput } from '../../base/errors.js';
import { IOCTL } from '../../events/constants.js';
import { type LitmusScript, litmusScript } from '../../userspace/litmus-script.js';
import { type Region, ScriptBuilder } from '../../userspace/script.js';
import {
  assembleLitmus,
  closeAll,
  DONE,
  GO,
  type Litmus,
  type LitmusThread,
  mainThread,
  rcu,
  worker,
} from '../litmus/litmus.js';
import {
  checkWorkload,
  isVmmCall,
  TRACED_CALL,
  type TracedCall,
  type TracedSlot,
  type TracedThread,
  type TracedWorkload,
} from './workload.js';

export const TRACED = 'traced';

/** Barrier of the first thread; those of a litmus come before it. */
const FIRST_BARRIER = 4;
const STACK_WORDS = 280;

export function tracedScenario(workload: TracedWorkload): Litmus {
  const w = checkWorkload(workload);
  return {
    id: TRACED,
    title: 'what a recorded kernel was made to do',
    doc: 'The kernel functions that the tasks of an imported trace called, in the order of each task, on pages named anew.',
    leftOut:
      'the guest and its entries (no hardware walks, no TLB), what user space waits for between its calls',
    parameters: {},
    build: () => {
      const threads = [
        main(w),
        ...w.threads.map((thread, t) => caller(thread, t, w)),
        ...Array.from({ length: w.workers }, (_, n) => worker(n)),
        rcu,
      ];
      return assembleLitmus(threads, {
        vcpus: w.vcpus,
        pages: w.pages,
        tableBits: w.tableBits,
        slots: Math.max(1, ...[0, 1].map((space) => slotsOf(w, space).length)),
        hostPages: w.hostPages,
        stackWords: STACK_WORDS,
      });
    },
  };
}

const slotsOf = (w: TracedWorkload, space: number): readonly TracedSlot[] =>
  w.slots.filter(({ spaces }) => (spaces & (1 << space)) !== 0);

function main(w: TracedWorkload): LitmusThread {
  const regions = regionsOf(w);
  const after = (s: ScriptBuilder): void => {
    if (!w.closes) return;
    s.await(DONE, w.threads.length);
    closeAll(s, w.vcpus);
  };
  const written = (s: ScriptBuilder): void => {
    for (const page of w.backed) s.memset(page, 1);
  };
  return mainThread({ vcpus: w.vcpus, pages: 0, regions, made: written, after });
}

function regionsOf(w: TracedWorkload): Region[] {
  return [0, 1].flatMap((asId) =>
    slotsOf(w, asId).map(({ gfn, pages, hostPage }, slot) => ({
      asId,
      slot,
      baseGfn: gfn,
      pages,
      hvaPage: hostPage,
    })),
  );
}

/** The memslot at this gfn: a dirty log is the ordinary address space's. */
function regionsAt(w: TracedWorkload, gfn: number): (Region & { readonly asId: number })[] {
  return slotsOf(w, 0).flatMap((one, slot) =>
    one.gfn === gfn ? [{ asId: 0, slot, baseGfn: gfn, pages: one.pages, hvaPage: one.hostPage }] : [],
  );
}

function caller(thread: TracedThread, t: number, w: TracedWorkload): LitmusThread {
  const { name, vcpu, calls } = thread;
  if (calls.some(isVmmCall)) return vmmThread(thread, t, w);
  const s = litmusScript().await(GO, 1);
  for (const call of calls) put(s, call, t);
  const own: LitmusThread = { name, script: s.arrive(DONE), entry: 'litmus' };
  return vcpu < 0 ? own : { ...own, vcpu };
}

/** Calls of user space. */
function vmmThread({ name, calls }: TracedThread, t: number, w: TracedWorkload): LitmusThread {
  const s = new ScriptBuilder().await(GO, 1);
  for (const [code, a = 0, b = 0, c = 0, d = 0] of calls)
    switch (code) {
      case TRACED_CALL.memory:
        onMemory(s, a, b, c, d);
        break;
      case TRACED_CALL.logDirty:
        for (const region of regionsAt(w, a))
          s.setMemoryRegion({ ...region, flags: b === 1 ? SLOT_FLAG.LOG_DIRTY_PAGES : 0 });
        break;
      case TRACED_CALL.readLog:
        for (const { slot, asId } of regionsAt(w, a)) s.getDirtyLog(slot, asId);
        break;
      case TRACED_CALL.arrive:
        s.arrive(FIRST_BARRIER + t);
        break;
      default:
        s.await(FIRST_BARRIER + a, b);
    }
  return { name, script: s.arrive(DONE), entry: 'vmm' };
}

function onMemory(s: ScriptBuilder, operation: number, page: number, pages: number, argument: number): void {
  switch (operation) {
    case IOCTL.MPROTECT:
      s.mprotect(page, pages, argument === 1);
      return;
    case IOCTL.FORK:
      s.fork(page, pages);
      return;
    case IOCTL.CHILD_EXIT:
      s.childExit(page, pages);
      return;
    default:
      s.madviseDontneed(page, pages);
  }
}

function put(s: LitmusScript, [code, a = 0, b = 0]: TracedCall, t: number): void {
  switch (code) {
    case TRACED_CALL.load:
      s.load();
      return;
    case TRACED_CALL.fault:
      s.fault(a, b);
      return;
    case TRACED_CALL.enterSmm:
      s.enterSmm();
      return;
    case TRACED_CALL.leaveSmm:
      s.leaveSmm();
      return;
    case TRACED_CALL.reset:
      s.reset();
      return;
    case TRACED_CALL.requests:
      s.requests();
      return;
    case TRACED_CALL.zapAllFast:
      s.zapAllFast();
      return;
    case TRACED_CALL.arrive:
      s.arrive(FIRST_BARRIER + t);
      return;
    case TRACED_CALL.await:
      s.await(FIRST_BARRIER + a, b);
      return;
    default:
      throw new BadInput('traced-workload', `no call has the code ${code}`);
  }
}

// RCU in a world: the grace period, who is in a read section, and which pages wait to be freed. Also the SRCU of each VM.
import { MACHINE, PAGE, PAGE_KIND, THREAD, VM, VM_STATE } from '../aggregates/layout.js';
import type { World } from '../aggregates/world.js';

export interface CallbackView {
  /** Page that will be freed. */
  readonly address: number;
  readonly kind: 'root' | 'table';
  /** Number by birth of a root. */
  readonly root: number | null;
}

export interface RcuView {
  readonly gracePeriod: {
    readonly active: boolean;
    /** Read sections that it waits for. */
    readonly blockers: number;
  };
  readonly readers: readonly {
    readonly thread: number;
    readonly nesting: number;
    readonly blocksGracePeriod: boolean;
  }[];
  readonly callbacks: {
    /** Wait for a grace period that has not begun. */
    readonly next: number;
    /** Wait for the one that is under way. */
    readonly current: number;
    /** May run. */
    readonly done: number;
    /** The first of all three, in that order from done to next. */
    readonly first: readonly CallbackView[];
  };
  readonly srcu: readonly {
    readonly vm: number;
    readonly blockers: number;
    readonly synchronizingThread: number | null;
  }[];
}

/** Callbacks that are listed one by one. */
export const MAX_CALLBACKS_SHOWN = 64;

export function rcuView(w: World): RcuView {
  const m = (field: number): number => w.machineWord(field);
  const first: CallbackView[] = [];
  for (const head of [MACHINE.GP_DONE, MACHINE.GP_CURRENT, MACHINE.GP_NEXT]) {
    for (let p = m(head); p !== 0 && first.length < MAX_CALLBACKS_SHOWN; ) {
      first.push(callback(w, p - 1));
      p = w.pageWord(p - 1, PAGE.RCU_NEXT);
    }
  }
  const readers: RcuView['readers'][number][] = [];
  for (let thread = 0; thread < w.threads; thread++) {
    const nesting = w.threadWord(thread, THREAD.RCU_NESTING);
    if (nesting === 0) continue;
    readers.push({ thread, nesting, blocksGracePeriod: w.threadWord(thread, THREAD.RCU_BLOCKS_GP) !== 0 });
  }
  const srcu: RcuView['srcu'][number][] = [];
  for (let vm = 0; vm < w.vms; vm++) {
    if (w.vmWord(vm, VM.STATE) === VM_STATE.none) continue;
    const sync = w.vmWord(vm, VM.SRCU_SYNC);
    srcu.push({
      vm,
      blockers: w.vmWord(vm, VM.SRCU_BLOCKERS),
      synchronizingThread: sync === 0 ? null : sync - 1,
    });
  }
  return {
    gracePeriod: { active: m(MACHINE.GP_ACTIVE) !== 0, blockers: m(MACHINE.GP_BLOCKERS) },
    readers,
    callbacks: {
      next: m(MACHINE.GP_NEXT_COUNT),
      current: m(MACHINE.GP_CURRENT_COUNT),
      done: m(MACHINE.GP_DONE_COUNT),
      first,
    },
    srcu,
  };
}

function callback(w: World, address: number): CallbackView {
  const isRoot = w.pageWord(address, PAGE.KIND) === PAGE_KIND.root;
  return {
    address,
    kind: isRoot ? 'root' : 'table',
    root: isRoot ? w.pageWord(address, PAGE.SERIAL) : null,
  };
}

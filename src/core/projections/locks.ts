// Locks and read sections: who holds what, who waits for what. Lock words are only complete at recording level `full`.
import { LOCK, LOCK_NAMES, LOCKS_PER_VM, THREAD, VM, VM_STATE } from '../aggregates/layout.js';
import type { World } from '../aggregates/world.js';
import { LOCK_MODE } from '../events/lock.events.js';
import { nameOf } from './words.js';

export interface LockView {
  readonly vm: number;
  readonly lock: string;
  /** Thread that holds it for write, null if none does. */
  readonly writer: number | null;
  readonly readers: number;
  /** Threads that hold it for read; null where several VMs leave it open whose lock a thread holds. */
  readonly readingThreads: readonly number[] | null;
  readonly waiting: readonly { readonly thread: number; readonly mode: string }[];
}

export interface ThreadView {
  readonly thread: number;
  readonly holds: readonly { readonly lock: string; readonly mode: string }[];
  /** `mmu_lock of VM 0, write`, null if it does not wait for a lock. */
  readonly waitsFor: string | null;
  readonly rcuNesting: number;
  /** VM whose SRCU read section it is in. */
  readonly srcuVm: number | null;
  readonly ended: boolean;
}

/** Locks of all VMs that exist; with `busy`, only those that somebody holds or waits for. */
export function lockViews(w: World, busy = false): LockView[] {
  const views: LockView[] = [];
  for (let vm = 0; vm < w.vms; vm++) {
    if (w.vmWord(vm, VM.STATE) === VM_STATE.none) continue;
    LOCK_NAMES.forEach((lock, kind) => {
      const id = w.lockId(vm, kind);
      const at = w.lock(id);
      const waiting = waitersOf(w, id);
      const writer = w.s[at + LOCK.WRITER] - 1;
      const readers = w.s[at + LOCK.READERS];
      if (busy && writer < 0 && readers === 0 && waiting.length === 0) return;
      views.push({
        vm,
        lock,
        writer: writer < 0 ? null : writer,
        readers,
        readingThreads: readersOf(w, kind, readers),
        waiting,
      });
    });
  }
  return views;
}

export function threadViews(w: World): ThreadView[] {
  const views: ThreadView[] = [];
  for (let thread = 0; thread < w.threads; thread++) {
    const word = (field: number): number => w.threadWord(thread, field);
    const waitsLock = word(THREAD.WAITS_LOCK) - 1;
    views.push({
      thread,
      holds: LOCK_NAMES.flatMap((lock, kind) => {
        const mode = word(THREAD.HELD0 + kind);
        return mode === 0 ? [] : [{ lock, mode: nameOf(LOCK_MODE, mode) }];
      }),
      waitsFor:
        waitsLock < 0 ? null : `${lockText(waitsLock)}, ${nameOf(LOCK_MODE, word(THREAD.WAITS_MODE))}`,
      rcuNesting: word(THREAD.RCU_NESTING),
      srcuVm: word(THREAD.SRCU_VM) === 0 ? null : word(THREAD.SRCU_VM) - 1,
      ended: word(THREAD.ENDED) !== 0,
    });
  }
  return views;
}

/** `mmu_lock of VM 0`. */
export function lockText(id: number): string {
  return `${LOCK_NAMES[id % LOCKS_PER_VM]} of VM ${Math.floor(id / LOCKS_PER_VM)}`;
}

function waitersOf(w: World, id: number): { thread: number; mode: string }[] {
  const out: { thread: number; mode: string }[] = [];
  for (let thread = 0; thread < w.threads; thread++) {
    if (w.threadWord(thread, THREAD.WAITS_LOCK) !== id + 1) continue;
    out.push({ thread, mode: nameOf(LOCK_MODE, w.threadWord(thread, THREAD.WAITS_MODE)) });
  }
  return out;
}

function readersOf(w: World, kind: number, readers: number): number[] | null {
  const out: number[] = [];
  for (let thread = 0; thread < w.threads && readers > 0; thread++) {
    if (w.threadWord(thread, THREAD.HELD0 + kind) === LOCK_MODE.read) out.push(thread);
  }
  return out.length === readers ? out : null;
}

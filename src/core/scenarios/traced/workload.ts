// What a recording did, as data: the kernel functions that its tasks called, thread by thread, over memory just large enough.
// A session carries it in its manifest, so that a schedule found near a recording runs without the recording.
import { BadInput } from '../../base/errors.js';
import { ACCESS, IOCTL } from '../../events/constants.js';

/** Most of everything that a workload may have. */
export const TRACED_LIMITS = {
  /** Model threads that make calls: each has a barrier of its own. */
  threads: 12,
  vcpus: 8,
  /** Of the VM's work queue: a recorded one had five items begun at once. */
  workers: 8,
  calls: 20_000,
  /** Pages for roots and tables. */
  pages: 4_096,
  /** Of each address space. */
  slots: 15,
  /** Lowest-level tables. */
  tables: 32,
  /** Entries of a table are 2 to this power. */
  tableBits: 7,
} as const;

/** One call. Codes stand in manifests: append, never reorder. */
export const TRACED_CALL = {
  load: 0,
  /** gfn, ACCESS bits */
  fault: 1,
  enterSmm: 2,
  leaveSmm: 3,
  reset: 4,
  requests: 5,
  zapAllFast: 6,
  /** This thread is through with what stands before: who awaits it goes on. */
  arrive: 7,
  /** thread, how often it has arrived */
  await: 8,
  /** Of user space, as those behind it: a call on memory (its IOCTL code), first page of the process, pages, argument. */
  memory: 9,
  /** The memslot at this gfn; 1: writes to it are logged from here on. */
  logDirty: 10,
  /** The memslot at this gfn. */
  readLog: 11,
} as const;
export const TRACED_CALL_NAMES = Object.keys(TRACED_CALL);

export type TracedCall = readonly number[];

/** A thread makes calls of user space, or calls functions of the kernel; it may wait in both. */
export const isVmmCall = ([code = 0]: TracedCall): boolean => code >= TRACED_CALL.memory;
const isWait = ([code]: TracedCall): boolean => code === TRACED_CALL.arrive || code === TRACED_CALL.await;

/** Calls on memory that a recording can tell of. */
const MEMORY_CALLS: ReadonlySet<number> = new Set([
  IOCTL.MADVISE_DONTNEED,
  IOCTL.MPROTECT,
  IOCTL.FORK,
  IOCTL.CHILD_EXIT,
]);

export interface TracedThread {
  readonly name: string;
  /** -1: it calls functions of the VM. */
  readonly vcpu: number;
  readonly calls: readonly TracedCall[];
}

/** A memslot, in the address spaces that it is in (bit 0: the ordinary one, bit 1: SMM's). */
export interface TracedSlot {
  readonly gfn: number;
  readonly pages: number;
  readonly hostPage: number;
  readonly spaces: number;
}

export interface TracedWorkload {
  readonly vcpus: number;
  readonly smm: boolean;
  readonly tableBits: number;
  readonly pages: number;
  readonly slots: readonly TracedSlot[];
  /** Pages of the process. */
  readonly hostPages: number;
  /** Those that it wrote before. The others are the zero page when they are read. */
  readonly backed: readonly number[];
  readonly workers: number;
  /** In the end the VM is closed. */
  readonly closes: boolean;
  readonly threads: readonly TracedThread[];
}

const wrong = (what: string): BadInput =>
  new BadInput('traced-workload', `a workload taken from a trace: ${what}`);

const isCount = (n: unknown, most: number): n is number =>
  typeof n === 'number' && Number.isInteger(n) && n >= 0 && n <= most;

/** Throws BadInput where a session that came from outside carries something else. */
export function checkWorkload(w: TracedWorkload): TracedWorkload {
  const limits = TRACED_LIMITS;
  if (!isCount(w.vcpus, limits.vcpus) || w.vcpus === 0) throw wrong(`1 to ${limits.vcpus} vCPUs expected`);
  if (!isCount(w.tableBits, limits.tableBits) || w.tableBits === 0)
    throw wrong(`tables of 2 to ${2 ** limits.tableBits} entries expected`);
  if (!isCount(w.pages, limits.pages)) throw wrong(`at most ${limits.pages} pages expected`);
  const gfns = 2 ** (4 * w.tableBits);
  if (!isCount(w.hostPages, limits.tables * 2 ** w.tableBits))
    throw wrong('fewer pages of the process expected');
  if (!Array.isArray(w.slots) || w.slots.length > 2 * limits.slots)
    throw wrong(`at most ${limits.slots} memslots expected`);
  for (const { gfn, pages, hostPage, spaces } of w.slots)
    if (!isCount(gfn + pages, gfns) || !isCount(hostPage + pages, w.hostPages) || !isCount(spaces, 3))
      throw wrong(`no memslot of ${pages} pages at ${gfn}`);
  if (!Array.isArray(w.backed) || !w.backed.every((page) => isCount(page, w.hostPages - 1)))
    throw wrong(`pages below ${w.hostPages} expected`);
  if (!isCount(w.workers, limits.workers)) throw wrong(`at most ${limits.workers} workers expected`);
  if (!Array.isArray(w.threads) || w.threads.length > limits.threads)
    throw wrong(`at most ${limits.threads} threads expected`);
  let calls = 0;
  for (const thread of w.threads) {
    if (thread.vcpu !== -1 && !isCount(thread.vcpu, w.vcpus - 1))
      throw wrong(`a vCPU below ${w.vcpus} expected`);
    calls += thread.calls.length;
    if (calls > limits.calls) throw wrong(`at most ${limits.calls} calls expected`);
    for (const call of thread.calls) if (!isCall(call, w, gfns)) throw wrong(`no call [${call.join()}]`);
    const vmm = thread.calls.filter(isVmmCall).length;
    if (vmm > 0 && (thread.vcpu >= 0 || vmm + thread.calls.filter(isWait).length < thread.calls.length))
      throw wrong('calls of user space on threads of their own expected');
  }
  return w;
}

const ACCESS_ALL = ACCESS.READ | ACCESS.WRITE | ACCESS.EXEC | ACCESS.PRESENT;

function isCall([code, a = 0, b = 0, c = 0, d = 0]: TracedCall, w: TracedWorkload, gfns: number): boolean {
  if (code === TRACED_CALL.memory)
    return MEMORY_CALLS.has(a) && isCount(b, w.hostPages) && isCount(b + c, w.hostPages) && isCount(d, 1);
  if (code === TRACED_CALL.logDirty || code === TRACED_CALL.readLog)
    return w.slots.some(({ gfn }) => gfn === a) && isCount(b, 1);
  if (code === TRACED_CALL.fault) return isCount(a, gfns - 1) && isCount(b, ACCESS_ALL);
  if (code === TRACED_CALL.await) return isCount(a, w.threads.length - 1) && isCount(b, TRACED_LIMITS.calls);
  return isCount(code, TRACED_CALL.await);
}

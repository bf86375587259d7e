// The ordered sequences of one recording as short tokens: per thread role, and per root. A simulated run that prints
// the same tokens can be compared line by line. Roots are numbered by birth; the number after a root is its counted
// references AFTER the event. Where kworkers zap in parallel, only the sequences per root have one order.
import type { Lifecycle, RecordedEvent, ThreadRole } from './recorded-event.js';

export interface SequenceOptions {
  /** Print the counted references. */
  readonly counts: boolean;
  /** The references of walkers: where a worker zaps they depend on how far it has come. */
  readonly iterators: boolean;
  /** Context resets, SMM transitions, fast zaps, memslot updates, the program's own lines, begin and end of the VM. */
  readonly steps: boolean;
  readonly exits: boolean;
  /** RCU callbacks: their place is the grace period's, and a kprobe can miss them. */
  readonly frees: boolean;
}

export const ROOT_TOKENS_ONLY: SequenceOptions = {
  counts: true,
  iterators: true,
  steps: false,
  exits: false,
  frees: false,
};

/** What each thread did, in its own order; kworkers are one thread here. Threads come in the order of first token. */
export function threadSequences(
  lifecycle: Lifecycle,
  options: SequenceOptions = ROOT_TOKENS_ONLY,
): ReadonlyMap<ThreadRole, readonly string[]> {
  const sequences = new Map<ThreadRole, string[]>();
  for (const event of lifecycle.events) {
    const token = tokenOf(event, options);
    if (token === null) continue;
    const sequence = sequences.get(event.thread);
    if (sequence === undefined) sequences.set(event.thread, [token]);
    else sequence.push(token);
  }
  return sequences;
}

/** What happened to each root and who did it: `vcpu0: put r1 1`. */
export function rootSequences(
  lifecycle: Lifecycle,
  options: SequenceOptions = ROOT_TOKENS_ONLY,
): ReadonlyMap<number, readonly string[]> {
  const sequences = new Map<number, string[]>(lifecycle.roots.map((root) => [root.ordinal, []]));
  for (const event of lifecycle.events) {
    if (!('root' in event)) continue;
    const token = tokenOf(event, options);
    if (token !== null) sequences.get(event.root)?.push(`${event.thread}: ${token}`);
  }
  return sequences;
}

/** The token of one event, or null if the options leave it out. */
export function tokenOf(event: RecordedEvent, options: SequenceOptions): string | null {
  const step = (text: string): string | null => (options.steps ? text : null);
  const counted = (text: string, count: number): string => (options.counts ? `${text} ${count}` : text);
  switch (event.type) {
    case 'rootAllocated':
      return counted(`alloc r${event.root} smm=${event.smm ? 1 : 0}`, event.count);
    case 'vcpuGet':
      return counted(`get r${event.root}`, event.count);
    case 'vcpuPut':
      return counted(`put r${event.root}`, event.countAfter);
    case 'iteratorGet':
      return options.iterators ? counted(`iter-get r${event.root}`, event.count) : null;
    case 'iteratorPut':
      return options.iterators ? counted(`iter-put r${event.root}`, event.countAfter) : null;
    case 'workerPut':
      return counted(`work-put r${event.root}`, event.countAfter);
    case 'tdpMmuPut':
      return counted(`own-put r${event.root}`, event.countAfter);
    case 'otherPut':
      return counted(`other-put r${event.root}`, event.countAfter);
    case 'lastPutOfValidRoot':
      return counted(`last-put r${event.root}`, event.count);
    case 'invalidated':
      return counted(`invalidate r${event.root}`, event.count);
    case 'workQueued':
      return `queue r${event.root}`;
    case 'workStarted':
      return `work-start r${event.root}`;
    case 'workFinished':
      return `work-end r${event.root}`;
    case 'zapStarted':
      return `zap-start r${event.root} shared=${event.shared ? 1 : 0}`;
    case 'zapFinished':
      return `zap-end r${event.root}`;
    case 'freed':
      return options.frees ? `free r${event.root}` : null;

    case 'exit':
      return options.exits ? `exit ${event.reason}` : null;
    case 'guestFault':
      return options.exits ? `fault ${event.access} 0x${event.gpa.toString(16)}` : null;

    case 'contextReset':
      return step(`reset v${event.vcpu ?? '?'}`);
    case 'vcpuUnloaded':
      return step(`unload v${event.vcpu ?? '?'}`);
    case 'smmEntered':
      return step(`smm-enter v${event.vcpu ?? '?'}`);
    case 'smmLeft':
      return step(`smm-leave v${event.vcpu ?? '?'}`);
    case 'fastZapBegun':
      return step('fast-zap-begin');
    case 'fastZapEnded':
      return step('fast-zap-end');
    case 'vmCreated':
      return step('vm-create');
    case 'vmDestroyBegun':
      return step('vm-destroy-begin');
    case 'vmDestroyEnded':
      return step('vm-destroy-end');
    case 'memslotSet':
      return step(
        `memslot ${event.addressSpace}/${event.slot} flags=${event.flags} ` +
          `gpa=0x${event.gpa.toString(16)} size=0x${event.size.toString(16)}`,
      );
    case 'marker':
      return step(`mark ${event.text}`);
  }
}

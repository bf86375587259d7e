// Pairs each call of tdp_mmu_next_root with its return on the same task, so that an iterator's get can be placed
// where it is: the function takes the next root BEFORE it puts the previous one, but only its return names the next.
import type { Address } from './event-fields.js';
import type { FrameEvent } from './frames/frame.js';
import { type KvmEvent, LOOKUP_FUNCTION } from './kvm-events.js';

export interface WalkStep {
  /** The root that the call returned, 0 at the end of the list. */
  readonly next: Address;
  /** The function that walks. */
  readonly caller: string;
  /** The last step of a lookup that found its root: the walk's reference stays, as the vCPU's. */
  readonly kept: boolean;
}

export interface RootWalks {
  /** By the index of the call. A call that the text never sees returning is absent. */
  readonly steps: ReadonlyMap<number, WalkStep>;
  /** Indexes of returns whose call is not in the text. */
  readonly orphans: ReadonlySet<number>;
}

export function pairRootWalks(lines: readonly FrameEvent[], events: readonly KvmEvent[]): RootWalks {
  const steps = new Map<number, WalkStep>();
  const orphans = new Set<number>();
  const open = new Map<number, number>();
  /** By task: index of the call whose step of a lookup came last. */
  const looking = new Map<number, number>();
  lines.forEach((line, index) => {
    const event = events[index];
    if (event?.type === 'nextRoot') {
      open.set(line.pid, index);
      looking.delete(line.pid);
    } else if (event?.type === 'nextRootReturned') {
      const call = open.get(line.pid);
      open.delete(line.pid);
      if (call === undefined) orphans.add(index);
      else steps.set(call, { next: event.root, caller: event.caller, kept: false });
      if (call !== undefined && event.caller === LOOKUP_FUNCTION) looking.set(line.pid, call);
    } else if (event?.type === 'lookupReturned') {
      const call = looking.get(line.pid);
      looking.delete(line.pid);
      const step = call === undefined ? undefined : steps.get(call);
      if (call !== undefined && step !== undefined && step.next !== 0)
        steps.set(call, { ...step, kept: true });
    }
  });
  return { steps, orphans };
}

// The threads of a moment: where each one was at its last event, what it holds and waits for. The stack comes from the
// event's site and its callers' sites: nothing is executed.
import { LOCK_NAMES, THREAD } from '../aggregates/layout.js';
import { LOCK_MODE } from '../events/lock.events.js';
import { lockText } from './locks.js';
import type { Moment } from './moment.js';
import { type Kept, kept, nameOf } from './words.js';

export interface FrameView {
  readonly function: string;
  readonly label: string;
}

export interface ThreadStateView {
  readonly thread: number;
  readonly name: string;
  /** Its last stored event, null before the first. */
  readonly lastEvent: { readonly position: number; readonly timeNs: number } | null;
  /** Where that event happened, innermost first; empty before the first event. */
  readonly stack: Kept<readonly FrameView[]>;
  readonly holds: Kept<readonly { readonly lock: string; readonly mode: string }[]>;
  /** `mmu_lock of VM 0, write`, null if it does not wait for a lock. */
  readonly waitsFor: Kept<string | null>;
  readonly rcuNesting: Kept<number>;
  /** VM whose SRCU read section it is in. */
  readonly srcuVm: Kept<number | null>;
  readonly ended: Kept<boolean>;
}

/** Frames of one stack that are shown; a real one has about a dozen. */
const MAX_FRAMES = 64;

export function threadStateViews(moment: Moment): ThreadStateView[] {
  return moment.threadNames.map((_, thread) => threadStateView(moment, thread));
}

export function threadStateView(moment: Moment, thread: number): ThreadStateView {
  const { world: w, lastSeen } = moment;
  const word = (field: number): number => w.threadWord(thread, field);
  const position = lastSeen.position[thread];
  const waitsLock = word(THREAD.WAITS_LOCK) - 1;
  const waits =
    waitsLock < 0 ? null : `${lockText(waitsLock)}, ${nameOf(LOCK_MODE, word(THREAD.WAITS_MODE))}`;
  return {
    thread,
    name: moment.threadNames[thread],
    lastEvent: position === 0 ? null : { position, timeNs: lastSeen.timeNs[thread] },
    stack: kept(moment, stackOf(moment, lastSeen.site[thread])),
    holds: kept(
      moment,
      LOCK_NAMES.flatMap((lock, kind) => {
        const mode = word(THREAD.HELD0 + kind);
        return mode === 0 ? [] : [{ lock, mode: nameOf(LOCK_MODE, mode) }];
      }),
    ),
    waitsFor: kept(moment, waits),
    rcuNesting: kept(moment, word(THREAD.RCU_NESTING)),
    srcuVm: kept(moment, word(THREAD.SRCU_VM) === 0 ? null : word(THREAD.SRCU_VM) - 1),
    ended: kept(moment, word(THREAD.ENDED) !== 0),
  };
}

/** Innermost first. */
export function stackOf({ site }: Pick<Moment, 'site'>, from: number): FrameView[] {
  const frames: FrameView[] = [];
  for (let id = from; id !== 0 && frames.length < MAX_FRAMES; ) {
    const found = site(id);
    if (found === undefined) break;
    frames.push({ function: found.function, label: found.label });
    id = found.parent;
  }
  return frames;
}

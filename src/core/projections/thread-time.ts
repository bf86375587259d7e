// Where the time of threads goes: guest, SMM, waiting for a lock, idle; the rest is the host kernel. An interval between two events
// of a thread belongs to the later one's bucket. Of a chunk's rows alone: what a thread was in before them is read off the first
// event that says so.

import { ROLE } from '../aggregates/role.js';
import type { ByteReader, ByteWriter } from '../base/varint.js';
import { E } from '../events/catalogue.js';

/** Order of the shares. */
export const TIME_SHARES = ['guest', 'SMM', 'waiting for a lock', 'idle'] as const;
const GUEST = 0;
const SMM = 1;
const WAITING = 2;
const IDLE = 3;

export interface ThreadTime {
  total: number;
  /** ns, by TIME_SHARES. */
  readonly of: [number, number, number, number];
}

export const noTime = (): ThreadTime => ({ total: 0, of: [0, 0, 0, 0] });

export function addTime(into: ThreadTime, more: ThreadTime): void {
  into.total += more.total;
  for (let k = 0; k < into.of.length; k++) into.of[k] += more.of[k];
}

export interface TimedRows {
  readonly thread: ArrayLike<number>;
  readonly type: ArrayLike<number>;
  readonly timeNs: ArrayLike<number>;
  readonly a: ArrayLike<number>;
  readonly c: ArrayLike<number>;
}

/** Types that change, or tell, what a thread is in. */
const TELLS = Uint8Array.from({ length: 256 }, () => 0);
for (const type of [
  E.VcpuEntered,
  E.VcpuExited,
  E.SmmEntered,
  E.SmmLeft,
  E.FaultBegun,
  E.LockContended,
  E.ThreadSlept,
  E.WorkStarted,
  E.RcuGracePeriodStarted,
  E.RcuGracePeriodEnded,
])
  TELLS[type] = 1;

interface Clock {
  /** Of its last event; -1: none yet. */
  lastNs: number;
  guest: boolean;
  smm: boolean;
  waits: boolean;
}

export class ThreadClocks {
  private readonly clocks: (Clock | undefined)[] = [];

  /** What threads are in before row `from`, from what follows it. */
  startAt({ thread, type, a, c }: TimedRows, from: number, to: number): void {
    const guestKnown: boolean[] = [];
    const smmKnown: boolean[] = [];
    this.clocks.length = 0;
    for (let i = from; i < to; i++) {
      if (TELLS[type[i]] === 0) continue;
      const t = thread[i];
      const clock = this.clock(t);
      switch (type[i]) {
        case E.VcpuEntered:
        case E.VcpuExited:
          if (guestKnown[t] !== true) clock.guest = type[i] === E.VcpuExited;
          guestKnown[t] = true;
          if (type[i] === E.VcpuEntered && smmKnown[t] !== true) {
            clock.smm = (a[i] & ROLE.SMM) !== 0;
            smmKnown[t] = true;
          }
          break;
        case E.FaultBegun:
          if (smmKnown[t] !== true) clock.smm = c[i] !== 0;
          smmKnown[t] = true;
          break;
        case E.SmmEntered:
        case E.SmmLeft:
          if (smmKnown[t] !== true) clock.smm = type[i] === E.SmmLeft;
          smmKnown[t] = true;
          break;
      }
    }
  }

  /** The row's interval is added to `time`. */
  row(rows: TimedRows, i: number, time: ThreadTime): void {
    const type = rows.type[i];
    const clock = this.clock(rows.thread[i]);
    const now = rows.timeNs[i];
    const ns = clock.lastNs < 0 ? 0 : now - clock.lastNs;
    clock.lastNs = now;
    if (ns > 0) {
      time.total += ns;
      const share = shareOf(clock, type);
      if (share >= 0) time.of[share] += ns;
    }
    clock.waits = false;
    if (TELLS[type] === 0) return;
    switch (type) {
      case E.VcpuEntered:
      case E.VcpuExited:
        clock.guest = type === E.VcpuEntered;
        break;
      case E.SmmEntered:
      case E.SmmLeft:
        clock.smm = type === E.SmmEntered;
        break;
      case E.LockContended:
        clock.waits = true;
        break;
    }
  }

  private clock(thread: number): Clock {
    let clock = this.clocks[thread];
    if (clock === undefined) {
      clock = { lastNs: -1, guest: false, smm: false, waits: false };
      this.clocks[thread] = clock;
    }
    return clock;
  }
}

/** What the interval that ends with this type was; -1: the host kernel. */
function shareOf({ waits, smm, guest }: Clock, type: number): number {
  if (waits) return WAITING;
  // A thread's event is stamped when it is through: it has slept, waited for work or for readers until then.
  if (type === E.ThreadSlept || type === E.WorkStarted) return IDLE;
  if (type === E.RcuGracePeriodStarted || type === E.RcuGracePeriodEnded) return IDLE;
  if (smm) return SMM;
  return guest ? GUEST : -1;
}

/** Shares are kept in 127ths: a byte each. */
const PARTS = 127;

export function writeTime(w: ByteWriter, { total, of }: ThreadTime): void {
  w.uint(total);
  if (total === 0) return;
  for (const ns of of) w.uint(Math.round((ns / total) * PARTS));
}

export function readTime(r: ByteReader): ThreadTime {
  const time = noTime();
  time.total = r.uint();
  if (time.total === 0) return time;
  for (let k = 0; k < time.of.length; k++) time.of[k] = (r.uint() / PARTS) * time.total;
  return time;
}

/** Past a time that nobody wants. */
export function skipTime(r: ByteReader): void {
  if (r.uint() === 0) return;
  for (let k = 0; k < TIME_SHARES.length; k++) r.uint();
}

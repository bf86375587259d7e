// Where decide puts events: pooled columns, no object per event. The machine flushes it to its sink when it is full.

/** Columns of one batch of the full stream. */
export class EventBatch {
  length = 0;
  readonly timeNs: Float64Array;
  readonly thread: Uint8Array;
  readonly site: Uint16Array;
  readonly type: Uint8Array;
  readonly subject: Int32Array;
  readonly a: Int32Array;
  readonly b: Int32Array;
  readonly c: Int32Array;

  constructor(readonly capacity: number) {
    this.timeNs = new Float64Array(capacity);
    this.thread = new Uint8Array(capacity);
    this.site = new Uint16Array(capacity);
    this.type = new Uint8Array(capacity);
    this.subject = new Int32Array(capacity);
    this.a = new Int32Array(capacity);
    this.b = new Int32Array(capacity);
    this.c = new Int32Array(capacity);
  }
}

/** What decide may do: append events, or say what the thread has to wait for. */
export class Decision {
  /** Channel that the thread waits on; 0 = it did its step. */
  blockedOn = 0;
  /** Thread whose step this is. */
  thread = 0;
  // The batch's columns, one load away: emit runs once an event.
  private readonly type: Uint8Array;
  private readonly subject: Int32Array;
  private readonly a: Int32Array;
  private readonly b: Int32Array;
  private readonly c: Int32Array;

  constructor(readonly batch: EventBatch) {
    this.type = batch.type;
    this.subject = batch.subject;
    this.a = batch.a;
    this.b = batch.b;
    this.c = batch.c;
  }

  /** `subject` is number * 16 + kind: see SUBJECT_* below. */
  emit(type: number, subject: number, a: number, b: number, c: number): void {
    const i = this.batch.length;
    this.type[i] = type;
    this.subject[i] = subject;
    this.a[i] = a;
    this.b[i] = b;
    this.c[i] = c;
    this.batch.length = i + 1;
  }

  /** The step cannot be taken now; it is tried again when the channel is woken. */
  wait(channel: number): number {
    this.blockedOn = channel;
    return 0;
  }
}

// Subject codes for the hot path (events/define.ts holds the same order; a test compares them).
export const S_MACHINE = 0;
export const S_VM = 1;
export const S_VCPU = 2;
export const S_ROOT = 3;
export const S_TABLE = 4;
export const S_LOCK = 5;
export const S_SLOT = 6;
export const S_THREAD = 7;
export const S_PAGE = 8;

/** What threads wait for: class * CHANNEL + number. */
export const CHANNEL = 1 << 16;
export const WAIT = {
  LOCK: 1 * CHANNEL,
  WORK: 2 * CHANNEL,
  FLUSH: 3 * CHANNEL,
  RCU: 4 * CHANNEL,
  SRCU: 5 * CHANNEL,
  VCPU_OUTSIDE: 6 * CHANNEL,
  BARRIER: 7 * CHANNEL,
  RCU_BARRIER: 8 * CHANNEL,
  NOTIFIERS: 9 * CHANNEL,
  HALTED: 10 * CHANNEL,
  /** By table. */
  FROZEN: 11 * CHANNEL,
  /** By thread. */
  COMMAND: 12 * CHANNEL,
} as const;
export const WAIT_NAMES = [
  '',
  'lock',
  'work item',
  'work queue flush',
  'RCU callback',
  'SRCU readers',
  'vCPU to leave the guest',
  'barrier',
  'RCU barrier',
  'notifiers',
  'halted',
  'frozen SPTE',
  'command for thread',
] as const;

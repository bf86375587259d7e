// Turns the full event stream into what is stored: rows of the chosen level, two digests, counts. At `lifecycle` the
// events between two lifecycle events become one Counted row. The session digest runs over the lifecycle stream, so it
// is the same at both levels; the full digest runs over every event.
import { Digest } from '../base/digest.js';
import { E, IS_LIFECYCLE } from '../events/catalogue.js';
import { MILESTONE_NAMES } from '../events/constants.js';
import type { EventBatch } from '../machine/batch.js';
import type { StoredColumns } from './contract.js';

/** Rows are collected here and handed over as exact-length copies. */
class Rows {
  capacity = 0;
  length = 0;
  skipped = new Float64Array(0);
  timeNs = new Float64Array(0);
  thread = new Uint8Array(0);
  site = new Uint16Array(0);
  type = new Uint8Array(0);
  subject = new Int32Array(0);
  a = new Int32Array(0);
  b = new Int32Array(0);
  c = new Int32Array(0);

  reserve(n: number): void {
    if (n <= this.capacity) return;
    const capacity = Math.max(n, this.capacity * 2, 4_096);
    const grow = <T extends Float64Array | Uint8Array | Uint16Array | Int32Array>(old: T, fresh: T): T => {
      fresh.set(old as never);
      return fresh;
    };
    this.skipped = grow(this.skipped, new Float64Array(capacity));
    this.timeNs = grow(this.timeNs, new Float64Array(capacity));
    this.thread = grow(this.thread, new Uint8Array(capacity));
    this.site = grow(this.site, new Uint16Array(capacity));
    this.type = grow(this.type, new Uint8Array(capacity));
    this.subject = grow(this.subject, new Int32Array(capacity));
    this.a = grow(this.a, new Int32Array(capacity));
    this.b = grow(this.b, new Int32Array(capacity));
    this.c = grow(this.c, new Int32Array(capacity));
    this.capacity = capacity;
  }

  /** Every event of the batch as a row, in whole columns: at `full` a row's ordinal is its position. */
  append(batch: EventBatch): void {
    const n = batch.length;
    const at = this.length;
    this.skipped.fill(0, at, at + n);
    this.timeNs.set(batch.timeNs.subarray(0, n), at);
    this.thread.set(batch.thread.subarray(0, n), at);
    this.site.set(batch.site.subarray(0, n), at);
    this.type.set(batch.type.subarray(0, n), at);
    this.subject.set(batch.subject.subarray(0, n), at);
    this.a.set(batch.a.subarray(0, n), at);
    this.b.set(batch.b.subarray(0, n), at);
    this.c.set(batch.c.subarray(0, n), at);
    this.length = at + n;
  }

  take(): StoredColumns {
    const n = this.length;
    this.length = 0;
    return {
      length: n,
      skipped: this.skipped.slice(0, n),
      timeNs: this.timeNs.slice(0, n),
      thread: this.thread.slice(0, n),
      site: this.site.slice(0, n),
      type: this.type.slice(0, n),
      subject: this.subject.slice(0, n),
      a: this.a.slice(0, n),
      b: this.b.slice(0, n),
      c: this.c.slice(0, n),
    };
  }
}

const MILESTONE = E.Milestone;
const FAULT_FIXED = E.FaultFixed;
const VCPU_EXITED = E.VcpuExited;

/** What travels in a machine snapshot so that a resumed run records on as if it had never stopped. */
export interface RecorderState {
  readonly ordinal: number;
  readonly position: number;
  readonly counted: readonly [events: number, fixed: number, hash: number, thread: number, timeNs: number];
  readonly digest: readonly [number, number];
  readonly full: readonly [number, number];
  readonly counts: readonly (readonly [type: number, count: number])[];
  readonly exits: readonly (readonly [reason: number, count: number])[];
  readonly milestones: readonly (readonly [name: string, timeNs: number])[];
}

/** One row of the lifecycle stream into the session digest; a Counted row has the ordinal of its first event. */
export function digestRow(
  d: Digest,
  type: number,
  thread: number,
  site: number,
  subject: number,
  a: number,
  b: number,
  c: number,
  timeNs: number,
  ordinal: number,
): void {
  d.word(type | (thread << 8) | (site << 16));
  d.word(subject);
  d.word(a);
  d.word(b);
  d.word(c);
  d.wide(timeNs);
  d.wide(ordinal);
}

export class Recorder {
  private readonly rows = new Rows();
  private readonly digest = new Digest();
  private readonly full = new Digest();
  ordinal = 0;
  /** Position of the last row, handed over or not. */
  position = 0;
  readonly countByType = new Float64Array(256);
  readonly exitsByReason = new Float64Array(64);
  readonly milestones = new Map<string, number>();
  private countedEvents = 0;
  private countedFixed = 0;
  private countedHash = 0;
  private countedThread = 0;
  private countedTimeNs = 0;

  constructor(private readonly level: 'full' | 'lifecycle') {}

  get pendingRows(): number {
    return this.rows.length;
  }

  /**
   * Takes every event of the batch. The hottest loop besides the machine: columns and digest lanes live in locals, and
   * the two lanes of the full digest take three words each, so that their multiplications overlap.
   */
  consume(batch: EventBatch): void {
    const { rows, digest, full, countByType } = this;
    const {
      type: types,
      thread: threads,
      site: sites,
      subject: subjects,
      a: as,
      b: bs,
      c: cs,
      timeNs: times,
    } = batch;
    const n = batch.length;
    rows.reserve(rows.length + n + 2);
    const keepAll = this.level === 'full';
    if (keepAll) {
      rows.append(batch);
      this.position += n;
    }
    let { lo, hi } = full;
    let ordinal = this.ordinal;
    for (let i = 0; i < n; i++) {
      const type = types[i];
      const head = type | (threads[i] << 8) | (sites[i] << 16);
      const subject = subjects[i];
      const a = as[i];
      const b = bs[i];
      const c = cs[i];
      ordinal++;
      countByType[type]++;
      // Each step is a bijection of its lane, so one changed word always changes the digest.
      lo = Math.imul(lo ^ head, 0xcc9e2d51);
      hi = Math.imul(hi ^ subject, 0x1b873593);
      lo = Math.imul(((lo << 13) | (lo >>> 19)) ^ a, 0x85ebca6b);
      hi = Math.imul(((hi << 15) | (hi >>> 17)) ^ b, 0xc2b2ae35);
      lo = Math.imul(((lo << 11) | (lo >>> 21)) ^ c, 0x21f0aaad);
      hi = Math.imul(((hi << 7) | (hi >>> 25)) ^ (times[i] | 0), 0x735a2d97);
      lo = (lo + ((hi << 16) | (hi >>> 16))) | 0;
      hi ^= (lo << 9) | (lo >>> 23);
      if (IS_LIFECYCLE[type] !== 0) {
        this.ordinal = ordinal;
        if (this.countedEvents > 0) this.closeCounted(keepAll);
        digestRow(digest, type, threads[i], sites[i], subject, a, b, c, times[i], ordinal);
        if (type === MILESTONE && !this.milestones.has(MILESTONE_NAMES[a]))
          this.milestones.set(MILESTONE_NAMES[a], times[i]);
        if (!keepAll) this.row(ordinal, times[i], threads[i], sites[i], type, subject, a, b, c);
      } else {
        if (type === FAULT_FIXED) this.countedFixed++;
        else if (type === VCPU_EXITED) this.exitsByReason[a]++;
        this.countedEvents++;
        this.countedHash = lo;
        this.countedThread = threads[i];
        this.countedTimeNs = times[i];
      }
    }
    this.ordinal = ordinal;
    full.lo = lo;
    full.hi = hi;
  }

  /** The folded events end here: one Counted row (stored at `lifecycle`, always part of the session digest). */
  private closeCounted(keepAll: boolean): void {
    const last = this.ordinal - 1;
    const first = last - this.countedEvents + 1;
    digestRow(
      this.digest,
      E.Counted,
      this.countedThread,
      0,
      0,
      this.countedEvents,
      this.countedFixed,
      this.countedHash,
      this.countedTimeNs,
      first,
    );
    if (!keepAll) {
      this.row(
        first,
        this.countedTimeNs,
        this.countedThread,
        0,
        E.Counted,
        0,
        this.countedEvents,
        this.countedFixed,
        this.countedHash,
      );
    }
    this.countedEvents = 0;
    this.countedFixed = 0;
  }

  private row(
    ordinal: number,
    timeNs: number,
    thread: number,
    site: number,
    type: number,
    subject: number,
    a: number,
    b: number,
    c: number,
  ): void {
    const { rows } = this;
    const i = rows.length++;
    this.position++;
    rows.skipped[i] = ordinal - this.position;
    rows.timeNs[i] = timeNs;
    rows.thread[i] = thread;
    rows.site[i] = site;
    rows.type[i] = type;
    rows.subject[i] = subject;
    rows.a[i] = a;
    rows.b[i] = b;
    rows.c[i] = c;
  }

  /** At the end of the run: what is still being counted becomes a row. */
  finish(): void {
    if (this.countedEvents === 0) return;
    this.rows.reserve(this.rows.length + 1);
    this.ordinal++;
    this.closeCounted(this.level === 'full');
    this.ordinal--;
  }

  take(): StoredColumns {
    return this.rows.take();
  }

  get digestHex(): string {
    return this.digest.hex();
  }
  get fullDigestHex(): string {
    return this.full.hex();
  }

  save(): RecorderState {
    const sparse = (x: Float64Array): [number, number][] =>
      Array.from(x, (v, i): [number, number] => [i, v]).filter(([, v]) => v !== 0);
    return {
      ordinal: this.ordinal,
      position: this.position,
      counted: [
        this.countedEvents,
        this.countedFixed,
        this.countedHash,
        this.countedThread,
        this.countedTimeNs,
      ],
      digest: [this.digest.lo, this.digest.hi],
      full: [this.full.lo, this.full.hi],
      counts: sparse(this.countByType),
      exits: sparse(this.exitsByReason),
      milestones: [...this.milestones],
    };
  }

  restore(s: RecorderState): void {
    this.ordinal = s.ordinal;
    this.position = s.position;
    [this.countedEvents, this.countedFixed, this.countedHash, this.countedThread, this.countedTimeNs] =
      s.counted;
    [this.digest.lo, this.digest.hi] = s.digest;
    [this.full.lo, this.full.hi] = s.full;
    this.countByType.fill(0);
    for (const [i, v] of s.counts) this.countByType[i] = v;
    this.exitsByReason.fill(0);
    for (const [i, v] of s.exits) this.exitsByReason[i] = v;
    this.milestones.clear();
    for (const [k, v] of s.milestones) this.milestones.set(k, v);
  }
}

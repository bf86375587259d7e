// Holds the stored rows of one session against themselves, its dictionary and its stored progress: ordinals join up, time
// goes forward on every thread, every name and type is known, and both digests and the figures come out again. Pure and
// in one pass over pages, so that a store of any size is checked in bounded memory. What folding the rows gives is the
// business of the upkeep module, which asks only about rows that passed here.
import { Digest } from '../base/digest.js';
import { E, EVENT_BY_CODE, EVENT_SCHEMA_VERSION, IS_LIFECYCLE } from '../events/catalogue.js';
import { EXIT, EXIT_NAMES, MILESTONE_NAMES } from '../events/constants.js';
import { SUBJECT_CODE, SUBJECT_RADIX } from '../events/define.js';
import { EventBatch } from '../machine/batch.js';
import type { DictionaryEntry, Manifest, RunProgress } from './contract.js';
import { COUNTED_TYPES } from './counted-types.js';
import { digestRow, Recorder } from './recorder.js';
import { ROW_FIELDS, ROW_NUMBERS, type StoredNumbers } from './stored-numbers.js';

/** Faults of one session that are told one by one; the rest is counted. */
export const MAX_TOLD_FAULTS = 20;

export interface Fault {
  /** Stable word for what is broken. */
  readonly rule: string;
  /** Stored position; null when it is not about one row. */
  readonly position: number | null;
  readonly message: string;
}

export class Faults {
  readonly told: Fault[] = [];
  count = 0;

  add(rule: string, position: number | null, message: string): void {
    this.count++;
    if (this.told.length < MAX_TOLD_FAULTS) this.told.push({ rule, position, message });
  }
}

/** A name and the position after which rows may use it. */
export type DictionaryRow = DictionaryEntry & { readonly since: number };

const THREADS_MAX = 256;
const SITES_MAX = 65_536;
const NONE = Number.POSITIVE_INFINITY;
const INT32 = 2 ** 31;
const COUNTED = E.Counted;
const MILESTONE = E.Milestone;
const VCPU_EXITED = E.VcpuExited;

/** Which names rows may use, from which position on. */
export class KnownNames {
  readonly threadSince = new Float64Array(THREADS_MAX).fill(NONE);
  readonly siteSince = new Float64Array(SITES_MAX).fill(NONE);

  /** @param sharedTo rows up to here are a parent's: a fork's dictionary does not say since when they may use a name */
  constructor(entries: readonly DictionaryRow[], sharedTo: number, faults: Faults) {
    // Site 0: none.
    this.siteSince[0] = -1;
    for (const { kind, id, since } of entries) {
      const at = since <= sharedTo ? -1 : since;
      if (kind === 'thread') this.threadSince[id] = at;
      else this.siteSince[id] = at;
    }
    // Sites are told in the order of their numbers: also of one that no row uses it is known since when.
    let told = -1;
    for (const entry of entries.toSorted((x, y) => x.id - y.id)) {
      if (entry.kind === 'thread') continue;
      const since = this.siteSince[entry.id] as number;
      if (since < told)
        faults.add(
          'site',
          null,
          `site ${entry.id} is told at ${since}, and one of a smaller number at ${told}`,
        );
      told = since;
      // A caller's site is made before that of its callee: no chain of parents can be a ring.
      if (entry.parent >= entry.id || this.siteSince[entry.parent] === NONE) {
        faults.add(
          'site',
          null,
          `site ${entry.id} names caller's site ${entry.parent}, which is not before it`,
        );
      }
    }
  }
}

/** What the rows up to a position come to. */
export interface RowMark {
  readonly position: number;
  /** Last event of the full stream that the rows up to here stand for. */
  readonly lastOrdinal: number;
  readonly digest: string;
  /** Null at `lifecycle`: the rows do not hold every event. */
  readonly fullDigest: string | null;
}

export class RowsVerifier {
  /** Position of the last row taken. */
  position = 0;
  private ordinal = 0;
  private readonly threadTimeNs = new Float64Array(THREADS_MAX);
  private readonly full: boolean;
  /** At `full`: computes both digests and every figure, as the run did. */
  private readonly recorder = new Recorder('lifecycle');
  private batch = new EventBatch(0);
  /** At `lifecycle`: the rows are the lifecycle stream. */
  private readonly digest = new Digest();
  private readonly countByType = new Float64Array(256);
  private faultsFixed = 0;
  private readonly milestones = new Map<string, number>();
  /** Types of a newer catalogue may stand in rows of a newer schema. */
  private readonly strict: boolean;

  constructor(
    manifest: Pick<Manifest, 'recording' | 'eventSchema'>,
    private readonly names: KnownNames,
    private readonly faults: Faults,
  ) {
    this.full = manifest.recording === 'full';
    this.strict = manifest.eventSchema <= EVENT_SCHEMA_VERSION;
  }

  /** Rows `from` up to, not including, `to` of a page; they are the next ones of the session. */
  take(page: StoredNumbers, from = 0, to = page.length): void {
    for (let i = from; i < to; i++) this.check(page.numbers, i * ROW_NUMBERS);
    if (this.full) this.record(page.numbers, from, to);
  }

  mark(): RowMark {
    const { position, ordinal: lastOrdinal, recorder } = this;
    return this.full
      ? { position, lastOrdinal, digest: recorder.digestHex, fullDigest: recorder.fullDigestHex }
      : { position, lastOrdinal, digest: this.digest.hex(), fullDigest: null };
  }

  /** After the last row: the stored progress must say what the rows say. */
  finish(progress: RunProgress): void {
    const { recorder, faults } = this;
    const ended = progress.outcome !== null;
    const expect = (what: string, stored: unknown, found: unknown): void => {
      if (stored === found) return;
      faults.add(
        'progress',
        null,
        `the stored progress says ${what} ${String(stored)}, the rows say ${String(found)}`,
      );
    };
    expect('position', progress.position, this.position);
    // At `lifecycle` what is still being counted has no row yet.
    if (this.full || ended) expect('ordinal', progress.ordinal, this.ordinal);
    else if (progress.ordinal < this.ordinal) expect('ordinal', progress.ordinal, this.ordinal);
    const digestOf = (what: string, stored: string, found: string): void => {
      if (stored !== found) faults.add('digest', null, `the ${what} is ${stored}, the rows give ${found}`);
    };
    if (this.full) {
      if (ended) recorder.finish();
      digestOf('session digest', progress.digest, recorder.digestHex);
      digestOf('full digest', progress.fullDigest, recorder.fullDigestHex);
    } else {
      digestOf('session digest', progress.digest, this.digest.hex());
    }
    this.compareFigures(progress, ended, expect);
  }

  private compareFigures(
    progress: RunProgress,
    ended: boolean,
    expect: (what: string, stored: unknown, found: unknown) => void,
  ): void {
    const counts = this.full ? this.recorder.countByType : this.countByType;
    const milestones = this.full ? this.recorder.milestones : this.milestones;
    expect('rootAllocations', progress.rootAllocations, counts[E.RootAllocated]);
    expect('findings', progress.findings, counts[E.Finding]);
    for (const [figure, type] of Object.entries(COUNTED_TYPES)) {
      const stored = progress.counts[figure];
      // Figures that this build has and an older one had not are not missing.
      if (stored === undefined) continue;
      if (this.full || IS_LIFECYCLE[type] === 1) expect(figure, stored, counts[type]);
    }
    if (this.full) {
      const exits = this.recorder.exitsByReason;
      if (progress.counts.eptViolations !== undefined)
        expect('eptViolations', progress.counts.eptViolations, exits[EXIT.EPT_VIOLATION]);
      EXIT_NAMES.forEach((name, reason) => {
        expect(`exit.${name}`, progress.counts[`exit.${name}`] ?? 0, exits[reason]);
      });
    } else if (ended && progress.counts.faultsFixed !== undefined) {
      expect('faultsFixed', progress.counts.faultsFixed, this.faultsFixed);
    }
    expect('milestones', milestoneText(Object.entries(progress.milestones)), milestoneText([...milestones]));
  }

  /** One row, as the numbers that are stored. */
  private check(row: Float64Array, k: number): void {
    const thread = row[k];
    const type = row[k + 1];
    const site = row[k + 2];
    const timeNs = row[k + 3];
    const skipped = row[k + 4];
    const subject = row[k + 5];
    const a = row[k + 6];
    const b = row[k + 7];
    const c = row[k + 8];
    const position = ++this.position;
    const ordinal = position + skipped;
    if (ordinal !== this.ordinal + 1) {
      this.fault('ordinal', `its ordinal is ${ordinal}, the row before ends at ${this.ordinal}`);
    }
    this.ordinal = type === COUNTED ? ordinal + a - 1 : ordinal;
    if (!(this.names.threadSince[thread] < position))
      this.unknownName('thread', thread, this.names.threadSince);
    else if (!(timeNs >= this.threadTimeNs[thread])) {
      this.fault('time', `thread ${thread} was at ${this.threadTimeNs[thread]} ns and is at ${timeNs} ns`);
    } else this.threadTimeNs[thread] = timeNs;
    if (!(this.names.siteSince[site] < position)) this.unknownName('site', site, this.names.siteSince);
    const def = EVENT_BY_CODE[type];
    if (def === undefined) {
      if (this.strict) this.fault('type', `no event type has code ${type}`);
    } else {
      const kind = subject - Math.floor(subject / SUBJECT_RADIX) * SUBJECT_RADIX;
      if (kind !== SUBJECT_CODE[def.subject] || subject < 0) {
        this.fault('subject', `${def.name} is about a ${def.subject}, its subject is ${subject}`);
      }
      const used = def.values.length;
      if ((used < 3 && c !== 0) || (used < 2 && b !== 0) || (used < 1 && a !== 0)) {
        this.fault('value', `${def.name} has ${used} values, the row has more (${a}, ${b}, ${c})`);
      }
      if (this.full ? type === COUNTED : IS_LIFECYCLE[type] === 0) {
        this.fault('level', `${def.name} is not stored at this recording level`);
      }
      if (type === COUNTED && !(a >= 1 && b >= 0 && b <= a)) {
        this.fault('value', `Counted says ${a} events, ${b} of them faults that were fixed`);
      }
    }
    if (!(isInt32(subject) && isInt32(a) && isInt32(b) && isInt32(c) && Number.isSafeInteger(timeNs))) {
      this.fault('value', `a value does not fit its column (${subject}, ${a}, ${b}, ${c}, ${timeNs})`);
    }
    if (this.full) return;
    // `skipped` is part of what the digest covers, by the ordinal.
    digestRow(this.digest, type, thread, site, subject, a, b, c, timeNs, ordinal);
    this.countByType[type]++;
    if (type === COUNTED) this.faultsFixed += b;
    else if (type === MILESTONE && !this.milestones.has(MILESTONE_NAMES[a]))
      this.milestones.set(MILESTONE_NAMES[a], timeNs);
  }

  private unknownName(kind: string, id: number, since: Float64Array): void {
    const known = since[id];
    const why =
      known === NONE || known === undefined
        ? 'is not in the dictionary'
        : `has a name only after position ${known}`;
    this.fault(kind, `${kind} ${id} ${why}`);
  }

  private fault(rule: string, message: string): void {
    this.faults.add(rule, this.position, message);
  }

  /** The rows of a `full` session are the full stream: recorded again, they must give the same. */
  private record(numbers: Float64Array, from: number, to: number): void {
    const n = to - from;
    if (this.batch.capacity < n) this.batch = new EventBatch(n);
    const { batch } = this;
    batch.length = n;
    for (const [offset, field] of ROW_FIELDS.entries()) {
      // Every ordinal was held against the one before.
      if (field === 'skipped') continue;
      const column = batch[field];
      for (let i = 0, k = from * ROW_NUMBERS + offset; i < n; i++, k += ROW_NUMBERS) column[i] = numbers[k];
    }
    // A reason that no exit has would fall outside the recorder's figures.
    for (let i = 0; i < n; i++) {
      if (batch.type[i] === VCPU_EXITED && EXIT_NAMES[batch.a[i]] === undefined) {
        this.faults.add('value', this.position - n + i + 1, `no exit has reason ${batch.a[i]}`);
      }
    }
    this.recorder.consume(batch);
    // Its lifecycle rows are of no use here.
    this.recorder.take();
  }
}

function isInt32(x: number): boolean {
  return Number.isInteger(x) && x >= -INT32 && x < INT32;
}

function milestoneText(milestones: readonly (readonly [string, number])[]): string {
  return milestones.map(([name, at]) => `${name} at ${at} ns`).join(', ') || 'none';
}

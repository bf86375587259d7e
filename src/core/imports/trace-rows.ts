// Rows of an imported session: each event goes into the world by `evolve` and into columns, as a simulated one does. Its
// site says where it was seen (function) and how it is known (label): observed, or inferred and from what.
import { EVOLVE } from '../aggregates/evolve.js';
import { MACHINE } from '../aggregates/layout.js';
import { World } from '../aggregates/world.js';
import { ByteWriter, packWords } from '../base/varint.js';
import { SUBJECT_CODE, SUBJECT_RADIX, type SubjectKind } from '../events/define.js';
import { EventBatch } from '../machine/batch.js';
import { SITES_MAX } from '../machine/sites.js';
import type { DictionaryEntry, SnapshotBytes, StoredColumns } from '../run/contract.js';
import { LastSeen } from '../run/last-seen.js';
import { Recorder } from '../run/recorder.js';
import { SNAPSHOT_FORMAT } from '../run/snapshot.js';
import { TRACE_TOPOLOGY, traceLayout } from '../run/trace-session.js';

/** Rows that are handed over together, with room for all events of one line. */
export const ROWS_PER_CHUNK = 32_768;
const SLACK = 16_384;
/** Distance of snapshots in rows. */
const SNAPSHOT_ROWS = 131_072;

export const OBSERVED = 'observed';

export interface RowChunk {
  /** Position of the first row. */
  readonly from: number;
  readonly columns: StoredColumns;
  /** Names that these rows are the first to use. */
  readonly names: readonly { readonly entry: DictionaryEntry; readonly since: number }[];
  readonly snapshot: SnapshotBytes | null;
}

export class TraceRows {
  readonly world = new World(traceLayout());
  readonly recorder = new Recorder('full');
  private readonly batch = new EventBatch(ROWS_PER_CHUNK + SLACK);
  private readonly lastSeen = new LastSeen(TRACE_TOPOLOGY.threads);
  /** By function, then by label. */
  private readonly sites = new Map<string, Map<string, number>>();
  private siteCount = 0;
  private readonly threadTimeNs = new Float64Array(TRACE_TOPOLOGY.threads);
  private names: { readonly entry: DictionaryEntry; readonly since: number }[] = [];
  private position = 0;
  private snapshotAt = 0;
  private timeNs = 0;
  private thread = 0;
  private base: number | null = null;
  /** Events that came earlier than the one before them on their thread. */
  timesBackwards = 0;
  firstBackwardsLine = 0;

  /** Where the next events are: a thread, and the time of its clock. */
  at(thread: number, time: number, lineNumber: number): void {
    this.base ??= time;
    let ns = time - this.base;
    const before = this.threadTimeNs[thread]!;
    if (ns < before) {
      if (this.timesBackwards++ === 0) this.firstBackwardsLine = lineNumber;
      ns = before;
    } else this.threadTimeNs[thread] = ns;
    this.thread = thread;
    this.timeNs = ns;
  }

  /** Time of the first event. */
  get beginning(): number {
    return this.base ?? 0;
  }

  /** Events so far. */
  get length(): number {
    return this.position + this.batch.length;
  }

  get full(): boolean {
    return this.batch.length >= ROWS_PER_CHUNK;
  }

  emit(type: number, site: number, kind: SubjectKind, number: number, a = 0, b = 0, c = 0): void {
    const { batch } = this;
    const i = batch.length++;
    batch.timeNs[i] = this.timeNs;
    batch.thread[i] = this.thread;
    batch.site[i] = site;
    batch.type[i] = type;
    batch.subject[i] = number * SUBJECT_RADIX + SUBJECT_CODE[kind];
    batch.a[i] = a;
    batch.b[i] = b;
    batch.c[i] = c;
    EVOLVE[type]!(this.world, this.thread, number, batch.a[i]!, batch.b[i]!, batch.c[i]!);
  }

  site(seenIn: string, how: string): number {
    let of = this.sites.get(seenIn);
    const known = of?.get(how);
    if (known !== undefined) return known;
    const id = this.siteCount + 1;
    if (id > SITES_MAX) return 0;
    this.siteCount = id;
    if (of === undefined) {
      of = new Map();
      this.sites.set(seenIn, of);
    }
    of.set(how, id);
    this.names.push({
      entry: { kind: 'site', id, function: seenIn, label: how, parent: 0 },
      since: this.length,
    });
    return id;
  }

  /** A thread's name may change until it is taken: a task becomes known as a vCPU's. */
  nameThread(id: number, name: string, since: number): void {
    this.names.push({ entry: { kind: 'thread', id, name }, since });
  }

  /** What has come together. @param last a snapshot closes it, so that a fold of everything can be held against something */
  take(last = false): RowChunk | null {
    const { batch, recorder } = this;
    if (batch.length === 0) return null;
    recorder.consume(batch);
    this.lastSeen.take(batch, 0, batch.length, this.position + 1);
    batch.length = 0;
    const columns = recorder.take();
    const from = this.position + 1;
    this.position += columns.length;
    const names = this.names;
    this.names = [];
    return { from, columns, names, snapshot: this.snapshot(last) };
  }

  takeNames(): RowChunk['names'] {
    const { names } = this;
    this.names = [];
    return names;
  }

  /** In the form of a machine's snapshot, without a machine: clocks and accounts are all 0. */
  private snapshot(last: boolean): SnapshotBytes | null {
    if (!last && this.position - this.snapshotAt < SNAPSHOT_ROWS) return null;
    this.snapshotAt = this.position;
    const { world } = this;
    const head = new ByteWriter();
    const text = JSON.stringify({ lastSeen: this.lastSeen.save() });
    head.uint(text.length);
    for (let i = 0; i < text.length; i++) head.byte(text.charCodeAt(i));
    const used = world.entry(world.machineWord(MACHINE.PAGES_HIGH), 0);
    const parts = [
      head.take(),
      packWords(new Int32Array(2 * TRACE_TOPOLOGY.threads)),
      packWords(new Int32Array(2 * ACCOUNTS)),
      packWords(world.s.subarray(0, used)),
    ];
    const bytes = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return {
      position: this.position,
      ordinal: this.recorder.ordinal,
      layout: `s${SNAPSHOT_FORMAT}:${world.layout.id}:trace:${TRACE_TOPOLOGY.threads}`,
      bytes,
    };
  }
}

const ACCOUNTS = 3;

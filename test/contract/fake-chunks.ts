// Chunks for store tests: rows that look like a run's, a pure function of (seed, position), so that any test can say
// what must be stored where without keeping it.
import type {
  DictionaryEntry,
  Manifest,
  Outcome,
  RunChunk,
  RunProgress,
  SnapshotBytes,
  StoredColumns,
} from '../../src/core/run/contract.js';
import { allocateRows, type EventRows } from '../../src/store/event-rows.js';

export const THREADS = ['vcpu0', 'vcpu1', 'worker'] as const;
export const FUNCTIONS = [
  'kvm_tdp_mmu_put_root',
  'kvm_mmu_reset_context',
  'tdp_mmu_zap_root',
  'vcpu_run',
] as const;

/** Types with an index entry and types without, a finding among them. */
const TYPES = [3, 5, 33, 34, 70, 71, 19, 125, 60, 88] as const;
/** Subject kind of each: root, root, lock, lock, vcpu, vcpu, vcpu, table, machine, thread. */
const KINDS = [3, 3, 5, 5, 2, 2, 2, 4, 0, 7] as const;

export interface FakeOptions {
  readonly seed?: number;
  /** ordinal - position of every row; 0 as at recording level `full`. */
  readonly skipped?: (position: number) => number;
}

/** What the row at `position` holds. */
export function fakeRow(position: number, options: FakeOptions = {}) {
  const { seed = 1, skipped = () => 0 } = options;
  const random = Math.imul(position * 2654435761 + seed, 0x45d9f3b) >>> 0;
  const kind = (random >>> 4) % TYPES.length;
  const number = kind === 8 ? 0 : (random >>> 9) % 3;
  return {
    position,
    skipped: skipped(position),
    timeNs: position * 1_000_003,
    thread: (random >>> 7) % THREADS.length,
    site: 1 + ((random >>> 13) % (FUNCTIONS.length * 2)),
    type: TYPES[kind]!,
    subject: number * 16 + KINDS[kind]!,
    a: random & 0xffff,
    b: -(random >>> 16),
    c: random | 0,
  };
}

export function fakeRows(from: number, to: number, options: FakeOptions = {}): EventRows {
  const rows = allocateRows(Math.max(0, to - from + 1));
  for (let i = 0; i < rows.length; i++) {
    const row = fakeRow(from + i, options);
    for (const name of ROW_COLUMNS) rows[name][i] = row[name];
  }
  return rows;
}

const ROW_COLUMNS = [
  'position',
  'skipped',
  'timeNs',
  'thread',
  'site',
  'type',
  'subject',
  'a',
  'b',
  'c',
] as const;

/** Rows as plain objects, for comparing. */
export function rowObjects(rows: EventRows): ReturnType<typeof fakeRow>[] {
  return Array.from({ length: rows.length }, (_, i) => {
    const entries = ROW_COLUMNS.map((name) => [name, rows[name][i]]);
    return Object.fromEntries(entries) as ReturnType<typeof fakeRow>;
  });
}

export const FAKE_DICTIONARY: readonly DictionaryEntry[] = [
  ...THREADS.map((name, id) => ({ kind: 'thread' as const, id, name })),
  ...FUNCTIONS.flatMap((name, k) => [
    { kind: 'site' as const, id: 1 + 2 * k, function: name, label: 'enter', parent: 0 },
    { kind: 'site' as const, id: 2 + 2 * k, function: name, label: 'leave', parent: 1 },
  ]),
];

export interface ChunkOptions extends FakeOptions {
  readonly dictionary?: readonly DictionaryEntry[];
  readonly outcome?: Outcome | null;
  readonly marks?: RunChunk['marks'];
  readonly rest?: RunChunk['rest'];
  /** Bytes of a snapshot at the end of the chunk; 0 for none. */
  readonly snapshotBytes?: number;
  readonly layout?: string;
  /** Arrays longer than the chunk, as a simulation that reuses its buffers has them. */
  readonly spareRows?: number;
}

/** A chunk of `rows` rows after `expectedPosition`. */
export function fakeChunk(expectedPosition: number, rows: number, options: ChunkOptions = {}): RunChunk {
  const end = expectedPosition + rows;
  const spare = options.spareRows ?? 0;
  const columns: StoredColumns = { ...fakeRows(expectedPosition + 1, end + spare, options), length: rows };
  const { snapshotBytes = 0 } = options;
  return {
    expectedPosition,
    columns,
    dictionary: options.dictionary ?? (expectedPosition === 0 ? FAKE_DICTIONARY : []),
    decisions: fakeDecisions(expectedPosition, end),
    snapshot: snapshotBytes === 0 ? null : fakeSnapshot(end, snapshotBytes, options.layout),
    progress: fakeProgress(end, options.outcome ?? null),
    marks: options.marks ?? [],
    rest: options.rest ?? null,
  };
}

export function fakeDecisions(from: number, to: number): Uint8Array {
  return new TextEncoder().encode(`${from}-${to};`);
}

export function fakeSnapshot(position: number, size: number, layout = 'test-1'): SnapshotBytes {
  const bytes = Uint8Array.from({ length: size }, (_, i) => (i % 7 === 0 ? position + i : 0));
  return { position, ordinal: position, layout, bytes };
}

export function fakeProgress(position: number, outcome: Outcome | null = null): RunProgress {
  const findings = fakeFindings(position);
  return {
    ordinal: position,
    position,
    steps: 2 * position,
    timeNs: position * 1_000_003,
    digest: position.toString(16).padStart(16, '0'),
    fullDigest: position.toString(16).padStart(16, 'f'),
    rootAllocations: Math.floor(position / 100),
    findings,
    counts: { NPF: position },
    milestones: {},
    outcome,
    detail: null,
    verdicts: null,
  };
}

const FINDING = 60;
/** Findings up to each position, counted once. */
const findingsUpTo = [0];
function fakeFindings(position: number): number {
  for (let at = findingsUpTo.length; at <= position; at++) {
    findingsUpTo[at] = findingsUpTo[at - 1]! + (fakeRow(at).type === FINDING ? 1 : 0);
  }
  return findingsUpTo[position]!;
}

export const FAKE_MANIFEST: Manifest = {
  scenario: 'forced-reset',
  protocol: 'v5.18',
  seed: 1,
  scheduler: 'timed',
  recording: 'full',
  invariants: true,
  parameters: { vcpus: 1, policy: 'every-exit' },
  costs: { npf: 1200 },
  limits: { maxEvents: 1_000_000 },
  engine: 'test',
  protocolDigest: '0123456789abcdef',
  eventSchema: 1,
};

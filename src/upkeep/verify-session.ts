// One session of a check: its rows, chunks and digests in one pass (core/run/verify-*.ts), and when that found no fault, a
// second pass that folds the rows and holds the snapshots against them. Rows that contradict themselves are never folded.
import { World } from '../core/aggregates/world.js';
import { BadInput } from '../core/base/errors.js';
import type { Manifest, Mark, RunProgress } from '../core/run/contract.js';
import { foldRows } from '../core/run/replay-by-fold.js';
import type { Simulation } from '../core/run/simulation.js';
import { readPast } from '../core/run/snapshot.js';
import { isTrace, layoutOf } from '../core/run/trace-session.js';
import { ChunksVerifier } from '../core/run/verify-chunks.js';
import { type DictionaryRow, Faults, KnownNames, RowsVerifier } from '../core/run/verify-rows.js';
import { buildSimulation } from '../sessions/build-simulation.js';
import { foldableOf } from '../sessions/inspection/fold-rows.js';
import { compareWorlds } from '../sessions/inspection/world-compare.js';
import { unpackSnapshot } from '../store/channel/prepared-chunk.js';
import type { Segment } from '../store/segments.js';
import type {
  InspectedSession,
  InspectedStore,
  SnapshotHead,
} from '../store/sqlite/verify/inspected-store.js';
import { isStoreError } from '../store/store.errors.js';

const PAGE_ROWS = 8_192;

export class Cancelled extends Error {
  override readonly name = 'Cancelled';
}

export interface SessionCheck {
  readonly store: InspectedStore;
  /** Every snapshot, not only the last. */
  readonly deep: boolean;
  /** Called after every page. Throws Cancelled. */
  readonly onRows: (rows: number) => void;
}

export interface SessionVerdict {
  readonly faults: Faults;
  readonly rows: number;
  readonly snapshots: number;
  readonly folded: number;
  readonly otherEngine: number;
}

/** What the first pass found at the end of a chunk with a snapshot. */
interface Expected {
  readonly digest: string;
  readonly fullDigest: string | null;
  readonly lastOrdinal: number;
  /** Of every chunk that ends here: one without rows may follow another. */
  readonly steps: readonly (number | null)[];
}

export function verifySession(session: InspectedSession, check: SessionCheck): SessionVerdict {
  const faults = new Faults();
  const tally = { rows: 0, snapshots: 0, folded: 0, otherEngine: 0 };
  try {
    const stored = parse(session, faults);
    if (stored !== null) {
      const segments = check.store.segments(session.session);
      const heads = check.store.snapshotHeads(segments, session.position);
      const wanted = check.deep ? heads : heads.slice(-1);
      const expected = firstPass(session, stored, segments, wanted, check, faults, tally);
      if (faults.count === 0) secondPass(session, stored, segments, wanted, expected, check, faults, tally);
    }
  } catch (error) {
    if (!isStoreError(error, 'database_damaged') && !isSqlite(error)) throw error;
    faults.add('unreadable', null, error instanceof Error ? error.message : String(error));
  }
  return { faults, ...tally };
}

/** SQLite's own errors, by the name of their class: only the store knows the package. */
function isSqlite(error: unknown): boolean {
  return error instanceof Error && error.name === 'SqliteError';
}

interface Parsed {
  readonly manifest: Manifest;
  readonly progress: RunProgress | null;
}

function parse({ manifest, progress, state }: InspectedSession, faults: Faults): Parsed | null {
  try {
    const parsed = {
      manifest: JSON.parse(manifest) as Manifest,
      progress: progress === null ? null : (JSON.parse(progress) as RunProgress),
    };
    const { recording, eventSchema } = parsed.manifest;
    if ((recording !== 'full' && recording !== 'lifecycle') || !Number.isInteger(eventSchema)) {
      faults.add(
        'session',
        null,
        `its manifest says recording ${String(recording)}, event schema ${String(eventSchema)}`,
      );
      return null;
    }
    if (parsed.progress !== null && !isProgress(parsed.progress)) {
      faults.add('session', null, 'its progress lacks a figure, or has one that is not a number');
      return null;
    }
    const outcome = parsed.progress?.outcome ?? null;
    if (state === 'finished' && outcome === null)
      faults.add('session', null, 'it is finished without an outcome');
    if (outcome !== null && state !== 'finished' && state !== 'failed')
      faults.add('session', null, `it came to its end (${outcome}) and is ${state}`);
    return parsed;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    faults.add('session', null, `its manifest or its progress is not JSON: ${error.message}`);
    return null;
  }
}

function isProgress(p: RunProgress): boolean {
  const figures = [p.ordinal, p.position, p.steps, p.timeNs, p.rootAllocations, p.findings];
  const texts = [p.digest, p.fullDigest];
  const maps: unknown[] = [p.counts, p.milestones];
  return (
    figures.every((n) => Number.isSafeInteger(n) && n >= 0) &&
    texts.every((text) => /^[0-9a-f]{16}$/.test(text)) &&
    maps.every((map) => typeof map === 'object' && map !== null)
  );
}

type Tally = { rows: number; snapshots: number; folded: number; otherEngine: number };

function firstPass(
  session: InspectedSession,
  { manifest, progress }: Parsed,
  segments: readonly Segment[],
  snapshots: readonly SnapshotHead[],
  { store, onRows }: SessionCheck,
  faults: Faults,
  tally: Tally,
): Map<number, Expected> {
  const { session: number, position, parent_position: shared } = session;
  const names = new KnownNames(store.dictionary(number), shared ?? 0, faults);
  const rows = new RowsVerifier(manifest, names, faults);
  const chunks = new ChunksVerifier(
    names,
    manifest.recording === 'full',
    session.kind === 'imported',
    faults,
    isTrace(manifest),
  );
  const wanted = new Set(snapshots.map((head) => head.position));
  const expected = new Map<number, Expected>();
  let whole = true;
  const takeTo = (to: number): void => {
    if (!whole || to <= rows.position) return;
    const from = rows.position + 1;
    try {
      for (const page of store.numbers(segments, from, to, PAGE_ROWS)) {
        rows.take(page);
        chunks.follow(page);
        tally.rows += page.length;
        onRows(page.length);
      }
    } catch (error) {
      if (!isStoreError(error, 'database_damaged')) throw error;
      // Nothing can be said about what follows a missing row: digests are chained.
      whole = false;
      const why = store.explainGap(segments, rows.position + 1, to);
      faults.add('row', why?.position ?? null, why?.message ?? error.message);
    }
  };
  for (const chunk of store.chunks(number, segments, session.chunks)) {
    chunks.take(chunk);
    takeTo(Math.min(chunk.validTo, position));
    if (!whole) break;
    const mark = rows.mark();
    chunks.ended(chunk, mark);
    if (wanted.has(mark.position)) {
      const { digest, fullDigest, lastOrdinal } = mark;
      const steps = [...(expected.get(mark.position)?.steps ?? []), chunks.steps];
      expected.set(mark.position, { digest, fullDigest, lastOrdinal, steps });
    }
  }
  takeTo(position);
  if (!whole) return expected;
  chunks.finish(position, progress);
  if (progress !== null) rows.finish(progress);
  if (progress === null && session.chunks > 0) faults.add('session', null, 'it has chunks and no progress');
  return expected;
}

function secondPass(
  session: InspectedSession,
  { manifest, progress }: Parsed,
  segments: readonly Segment[],
  snapshots: readonly SnapshotHead[],
  expected: ReadonlyMap<number, Expected>,
  { store, onRows }: SessionCheck,
  faults: Faults,
  tally: Tally,
): void {
  const world = emptyWorld(manifest);
  const names = store.dictionary(session.session);
  let simulation: Simulation | null | undefined;
  let at = 0;
  for (const head of snapshots) {
    const { position } = head;
    const where = `the snapshot of position ${position}`;
    const mark = expected.get(position);
    if (mark === undefined) {
      faults.add('snapshot', position, `${where} is not at the end of a chunk`);
      continue;
    }
    tally.snapshots++;
    const packed = store.snapshot(head);
    if (packed === undefined) continue;
    let bytes: ReturnType<typeof unpackSnapshot>;
    try {
      bytes = unpackSnapshot(packed);
    } catch (error) {
      faults.add('snapshot', position, `${where} cannot be unpacked: ${String(error)}`);
      continue;
    }
    if (bytes.bytes.length !== head.size) {
      faults.add('snapshot', position, `${where} has ${bytes.bytes.length} bytes, its row says ${head.size}`);
      continue;
    }
    if (
      head.ordinal < mark.lastOrdinal ||
      (manifest.recording === 'full' && head.ordinal !== mark.lastOrdinal)
    )
      faults.add(
        'snapshot',
        position,
        `${where} is of ordinal ${head.ordinal}, its rows end at ${mark.lastOrdinal}`,
      );
    if (simulation === undefined) simulation = simulationOf(manifest, () => store.marks(segments));
    const restored = restore(simulation, bytes);
    let standing: World | null = null;
    if (restored === 'other engine') {
      // The world of a known layout can be read without the engine; what else is in it cannot.
      tally.otherEngine++;
      const read = emptyWorld(manifest);
      if (read !== null && readPast(bytes, read) !== null) standing = read;
    } else if (restored !== null) {
      faults.add('snapshot', position, `${where} cannot be restored: ${restored}`);
      // What it left in the machine is of no use to the next one.
      simulation = undefined;
      continue;
    } else {
      const ended = session.position === position ? progress : null;
      compareStanding(simulation!, where, head, mark, ended, names, faults);
      standing = simulation!.machine.w;
    }
    if (world === null || standing === null) continue;
    for (const page of store.numbers(segments, at + 1, position, PAGE_ROWS)) {
      foldRows(world, foldableOf(page), 0, page.length, manifest.recording);
      at += page.length;
      onRows(0);
    }
    tally.folded++;
    const { difference } = compareWorlds(standing, world, manifest.recording);
    if (difference !== null) {
      const { what, expected: has, actual } = difference;
      faults.add('snapshot', position, `${where} has ${has} in ${what}, folding the rows gives ${actual}`);
    }
  }
}

/** Digests, figures and names that the snapshot carries: what a resumed run goes on from. */
function compareStanding(
  simulation: Simulation,
  where: string,
  head: SnapshotHead,
  mark: Expected,
  progress: RunProgress | null,
  names: readonly DictionaryRow[],
  faults: Faults,
): void {
  const carried = simulation.progress();
  const differ = (what: string, has: unknown, expected: unknown): void => {
    if (String(has) === String(expected)) return;
    const message = `${where} carries ${what} ${String(has)}, the session has ${String(expected)}`;
    faults.add('snapshot', head.position, message);
  };
  differ('position', carried.position, head.position);
  differ('ordinal', carried.ordinal, head.ordinal);
  if (!mark.steps.includes(null) && !mark.steps.includes(carried.steps))
    differ('steps', carried.steps, mark.steps.join(' or '));
  if (progress !== null && carried.steps === progress.steps) {
    // Taken at the very end: everything that the progress says but its outcome is in it.
    for (const figure of [
      'ordinal',
      'digest',
      'fullDigest',
      'timeNs',
      'rootAllocations',
      'findings',
    ] as const)
      differ(figure, carried[figure], progress[figure]);
    for (const [figure, count] of Object.entries(progress.counts))
      differ(figure, carried.counts[figure], count);
    for (const [name, at] of Object.entries(progress.milestones)) differ(name, carried.milestones[name], at);
  } else {
    differ('digest', carried.digest, mark.digest);
    if (mark.fullDigest !== null) differ('full digest', carried.fullDigest, mark.fullDigest);
  }
  compareNames(simulation, names, faults);
}

/** The sites that the run had met, and its threads, have the names that this engine gives them. */
function compareNames(simulation: Simulation, names: readonly DictionaryRow[], faults: Faults): void {
  const { sites } = simulation.machine.sites;
  const threads = simulation.threadNames;
  for (const entry of names) {
    const { kind, id } = entry;
    if (kind === 'thread') {
      if (entry.name !== threads[id])
        faults.add(
          'thread',
          null,
          `thread ${id} is called ${entry.name}, the scenario calls it ${threads[id]}`,
        );
      continue;
    }
    const site = sites[id - 1];
    // Met after the snapshot was taken.
    if (site === undefined) continue;
    const text = (s: typeof site): string => `${s.function} @ ${s.label}, called from site ${s.parent}`;
    if (text(entry) !== text(site))
      faults.add('site', null, `site ${id} is ${text(entry)}; the run's own table says ${text(site)}`);
  }
}

/** Null: fine. */
function restore(simulation: Simulation | null, bytes: ReturnType<typeof unpackSnapshot>): string | null {
  if (simulation === null) return 'other engine';
  try {
    return simulation.restore(bytes) ? null : 'other engine';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function simulationOf(manifest: Manifest, marks: () => readonly Mark[]): Simulation | null {
  try {
    return buildSimulation(manifest, { marks: marks() });
  } catch (error) {
    // A command that is no JSON is a fault among the relations (relations.ts).
    if (error instanceof BadInput || error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Null: this build does not know the scenario. */
function emptyWorld(manifest: Manifest): World | null {
  try {
    return new World(layoutOf(manifest));
  } catch (error) {
    if (error instanceof BadInput) return null;
    throw error;
  }
}

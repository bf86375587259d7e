// One session of a check: its rows, chunks and digests in one pass (core/run/verify-*.ts), and when that found no fault, a
// second pass that folds the rows and holds the snapshots against them. Rows that contradict themselves are never folded.
import { Layout } from '../core/aggregates/layout.js';
import { World } from '../core/aggregates/world.js';
import { BadInput } from '../core/base/errors.js';
import type { Manifest, RunProgress } from '../core/run/contract.js';
import { foldRows } from '../core/run/replay-by-fold.js';
import type { Simulation } from '../core/run/simulation.js';
import { ChunksVerifier } from '../core/run/verify-chunks.js';
import { Faults, KnownNames, RowsVerifier } from '../core/run/verify-rows.js';
import { findScenario } from '../core/scenarios/library.js';
import { resolveParameters } from '../core/scenarios/scenario.js';
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
  readonly steps: number | null;
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
  const chunks = new ChunksVerifier(names, manifest.recording === 'full', faults);
  const wanted = new Set(snapshots.map((head) => head.position));
  const expected = new Map<number, Expected>();
  let whole = true;
  const takeTo = (to: number): void => {
    if (!whole || to <= rows.position) return;
    const from = rows.position + 1;
    try {
      for (const page of store.numbers(segments, from, to, PAGE_ROWS)) {
        rows.take(page);
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
      expected.set(mark.position, { digest, fullDigest, lastOrdinal, steps: chunks.steps });
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
    if (simulation === undefined) simulation = simulationOf(manifest);
    const restored = restore(simulation, bytes);
    if (restored === 'other engine') {
      tally.otherEngine++;
      continue;
    }
    if (restored !== null) {
      faults.add('snapshot', position, `${where} cannot be restored: ${restored}`);
      // What it left in the machine is of no use to the next one.
      simulation = undefined;
      continue;
    }
    const machine = simulation!;
    compareStanding(machine, where, head, mark, session.position === position ? progress : null, faults);
    if (world === null) continue;
    for (const page of store.numbers(segments, at + 1, position, PAGE_ROWS)) {
      foldRows(world, foldableOf(page), 0, page.length, manifest.recording);
      at += page.length;
      onRows(0);
    }
    tally.folded++;
    const { difference } = compareWorlds(machine.machine.w, world, manifest.recording);
    if (difference !== null) {
      const { what, expected: has, actual } = difference;
      faults.add('snapshot', position, `${where} has ${has} in ${what}, folding the rows gives ${actual}`);
    }
  }
}

/** Digests, steps and positions that the snapshot carries: what a resumed run goes on from. */
function compareStanding(
  simulation: Simulation,
  where: string,
  head: SnapshotHead,
  mark: Expected,
  ended: RunProgress | null,
  faults: Faults,
): void {
  const { position, ordinal, steps, digest, fullDigest } = simulation.progress();
  const differ = (
    what: string,
    has: number | string,
    ...allowed: (number | string | null | undefined)[]
  ): void => {
    const known = allowed.filter((value) => value !== null && value !== undefined);
    if (known.length === 0 || known.includes(has)) return;
    faults.add(
      'snapshot',
      head.position,
      `${where} carries ${what} ${has}, the session has ${known.join(' or ')}`,
    );
  };
  differ('position', position, head.position);
  differ('ordinal', ordinal, head.ordinal);
  differ('steps', steps, mark.steps, ended?.steps);
  // The last snapshot of a run that has ended is taken after the digest was closed.
  differ('digest', digest, mark.digest, ended?.digest);
  differ('full digest', fullDigest, mark.fullDigest, ended?.fullDigest);
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

function simulationOf(manifest: Manifest): Simulation | null {
  try {
    return buildSimulation(manifest);
  } catch (error) {
    if (error instanceof BadInput) return null;
    throw error;
  }
}

/** Null: this build does not know the scenario. */
function emptyWorld(manifest: Manifest): World | null {
  try {
    const scenario = findScenario(manifest.scenario);
    const { topology } = scenario.build(resolveParameters(scenario, manifest.parameters));
    return new World(new Layout(topology));
  } catch (error) {
    if (error instanceof BadInput) return null;
    throw error;
  }
}

// Runs the cells of a sweep that have no result yet, side by side, and stores each result as it comes. Whoever is cut off
// here, by a stop or a crash, goes on with the cells that are not stored.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Manifest } from '../core/run/contract.js';
import { cellManifest, cellPlace, type SweepPlan } from '../core/sweeps/plan.js';
import type { CellResult } from '../core/sweeps/table.js';
import type { Json } from '../store/jobs.port.js';
import { isStoreError } from '../store/store.errors.js';
import { MAX_SWEEP_CELLS_PAGE, type StoredCell, type SweepStore } from '../store/sweeps.port.js';

/** How often a full disk is looked at again. */
const ROOM_RETRY_MS = 5_000;

export interface SweepProgress {
  readonly cells: number;
  /** Finished and stored, those of before a restart included. */
  readonly done: number;
  /** Of these, found in the store when the job began (again). */
  readonly resumed: number;
  /** Events of the runs of this time, those under way included. */
  readonly events: number;
  readonly elapsedMs: number;
  /** From the cells of this time; null until one has finished. */
  readonly remainingMs: number | null;
}

/** Runs one cell at a time. */
export interface CellRunner {
  /** Null: it was told to stop. */
  run(cell: number, manifest: Manifest, name: string): Promise<CellResult | null>;
  /** Of the cell under way. */
  readonly events: number;
}

export interface SweepRunOptions {
  readonly id: string;
  readonly plan: SweepPlan;
  readonly store: SweepStore;
  /** As many as run side by side. */
  readonly runners: readonly CellRunner[];
  readonly signal: AbortSignal;
  progress(now: SweepProgress): void;
}

/** Resolves when every cell has a stored result; rejects when it is aborted or a runner fails. */
export async function runSweep(options: SweepRunOptions): Promise<void> {
  const { id, plan, store, runners, signal } = options;
  const stored = new Set<number>();
  for await (const { cell } of storedCells(store, id)) stored.add(cell);
  const open = Array.from({ length: plan.cells }, (_, cell) => cell).filter((cell) => !stored.has(cell));
  const begunMs = performance.now();
  let events = 0;
  let done = 0;
  const tell = (): void => {
    const elapsedMs = Math.round(performance.now() - begunMs);
    options.progress({
      cells: plan.cells,
      done: stored.size + done,
      resumed: stored.size,
      events: runners.reduce((n, runner) => n + runner.events, events),
      elapsedMs,
      remainingMs: done === 0 ? null : Math.round((elapsedMs / done) * (open.length - done)),
    });
  };
  // A cell is done when it is stored: what was told once is not run again.
  const writer = new CellWriter(id, store, signal, (cells) => {
    done += cells;
    tell();
  });
  let next = 0;
  const work = async (runner: CellRunner): Promise<void> => {
    while (next < open.length && !signal.aborted && !writer.failed) {
      const cell = open[next++]!;
      const result = await runner.run(cell, cellManifest(plan, cell), cellName(id, plan, cell));
      if (result === null) return;
      writer.add({ cell, result: result as unknown as Json });
      events += result.values?.['events'] ?? 0;
      await writer.room();
    }
  };
  tell();
  const ticking = setInterval(tell, 500);
  try {
    await Promise.all(runners.map(work));
  } finally {
    clearInterval(ticking);
    await writer.end();
  }
  signal.throwIfAborted();
}

/** Every stored cell, in order. */
export async function* storedCells(store: SweepStore, id: string): AsyncIterable<StoredCell> {
  for (let from = 0; ; ) {
    const page = await store.cells(id, from);
    yield* page;
    if (page.length < MAX_SWEEP_CELLS_PAGE) return;
    from = page.at(-1)!.cell + 1;
  }
}

function cellName(id: string, plan: SweepPlan, cell: number): string {
  const { group, seed } = cellPlace(plan, cell);
  const { protocol, settings } = plan.groups[group]!;
  const words = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  return [`sweep ${id}: ${protocol}`, ...words, `seed ${seed}`].join(', ');
}

/** One write at a time, of everything that came meanwhile. */
class CellWriter {
  private waiting: StoredCell[] = [];
  private writing: Promise<void> | null = null;
  private error: unknown = null;
  failed = false;

  constructor(
    private readonly id: string,
    private readonly store: SweepStore,
    private readonly signal: AbortSignal,
    private readonly stored: (cells: number) => void,
  ) {}

  add(cell: StoredCell): void {
    this.waiting.push(cell);
    this.writing ??= this.write();
  }

  /** Resolves when few results wait: a full disk stops the runners, not their memory. */
  async room(): Promise<void> {
    while (this.waiting.length >= MAX_SWEEP_CELLS_PAGE && this.writing !== null) await this.writing;
    if (this.failed) throw this.error;
  }

  async end(): Promise<void> {
    while (this.writing !== null) await this.writing;
    if (this.failed) throw this.error;
  }

  private async write(): Promise<void> {
    try {
      while (this.waiting.length > 0) {
        const cells = this.waiting.splice(0, MAX_SWEEP_CELLS_PAGE);
        if (!(await this.put(cells))) return;
      }
    } catch (error) {
      this.failed = true;
      this.error = error;
    } finally {
      this.writing = null;
    }
  }

  /** False: the disk is full, and the sweep was told to stop: these cells are run again. */
  private async put(cells: readonly StoredCell[]): Promise<boolean> {
    for (;;) {
      try {
        await this.store.put(this.id, cells);
        this.stored(cells.length);
        return true;
      } catch (error) {
        if (!isStoreError(error, 'disk_full')) throw error;
        if (this.signal.aborted) return false;
        await sleep(ROOM_RETRY_MS, undefined, { signal: this.signal }).catch(() => undefined);
      }
    }
  }
}

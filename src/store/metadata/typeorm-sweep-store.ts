// Cells of sweeps in rootline.sqlite.
import type { Json } from '../jobs.port.js';
import { limitExceeded } from '../store.errors.js';
import { MAX_SWEEP_CELLS_PAGE, type StoredCell, type SweepStore } from '../sweeps.port.js';
import { ENDED_JOBS, jobNumber } from './job-numbers.js';
import type { MetadataStore } from './metadata-store.js';

interface CellRow {
  readonly cell: number;
  readonly result: string;
}

export class TypeormSweepStore implements SweepStore {
  constructor(private readonly metadata: MetadataStore) {}

  async put(jobId: string, cells: readonly StoredCell[]): Promise<void> {
    if (cells.length > MAX_SWEEP_CELLS_PAGE)
      throw limitExceeded('MAX_SWEEP_CELLS_PAGE', MAX_SWEEP_CELLS_PAGE, cells.length, 'cells at once');
    const job = jobNumber(jobId);
    if (cells.length === 0) return;
    await this.metadata.run(async (source) => {
      // One statement, so one transaction.
      await source.query(
        `INSERT OR IGNORE INTO sweep_cell (job, cell, result) VALUES ${cells.map(() => '(?, ?, ?)').join(', ')}`,
        cells.flatMap(({ cell, result }) => [job, cell, JSON.stringify(result)]),
      );
    });
  }

  cells(jobId: string, from: number): Promise<StoredCell[]> {
    return this.metadata.run(async (source) => {
      const rows: CellRow[] = await source.query(
        `SELECT cell, result FROM sweep_cell WHERE job = ? AND cell >= ? ORDER BY cell LIMIT ${MAX_SWEEP_CELLS_PAGE}`,
        [jobNumber(jobId), from],
      );
      return rows.map(({ cell, result }) => ({ cell, result: JSON.parse(result) as Json }));
    });
  }

  prune(keep: number, spare: string): Promise<void> {
    return this.metadata.run(async (source) => {
      const counts: { readonly job: number; readonly cells: number; readonly ended: 0 | 1 }[] =
        await source.query(
          'SELECT job, count(*) AS cells, ' +
            `coalesce((SELECT state FROM job WHERE id = job), 'failed') IN (${ENDED_JOBS.map((s) => `'${s}'`).join(', ')}) AS ended ` +
            'FROM sweep_cell GROUP BY job ORDER BY job',
        );
      let left = counts.reduce((n, { cells }) => n + cells, 0);
      for (const { job, cells, ended } of counts) {
        if (left <= keep) return;
        if (ended === 0 || job === jobNumber(spare)) continue;
        await source.query('DELETE FROM sweep_cell WHERE job = ?', [job]);
        left -= cells;
      }
    });
  }
}

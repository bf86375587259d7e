// The yardstick of the store: bench/insert.c, plain C that inserts row by row into the same table with the same index.
// Compiled and run here and now, so that both sides see the same machine, load and disk.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from './package-root.js';

export type CBaseline =
  | {
      readonly kind: 'measured';
      readonly rowsPerSecond: number;
      readonly bytesPerRow: number;
      readonly sqlite: string;
    }
  | { readonly kind: 'unavailable'; readonly why: string };

interface Printed {
  readonly rows: number;
  readonly seconds: number;
  readonly bytes: number;
  readonly sqlite: string;
}

export function measureC(folder: string, rows: number): CBaseline {
  const source = join(PACKAGE_ROOT, 'bench', 'insert.c');
  if (!existsSync(source)) return { kind: 'unavailable', why: 'bench/insert.c is not here' };
  mkdirSync(folder, { recursive: true });
  const program = join(folder, 'insert');
  const compiled = spawnSync('cc', ['-O2', '-o', program, source, '-lsqlite3'], { encoding: 'utf8' });
  if (compiled.error !== undefined) return { kind: 'unavailable', why: 'no C compiler here (cc)' };
  if (compiled.status !== 0) {
    const why = compiled.stderr.includes('sqlite3')
      ? 'no libsqlite3-dev here'
      : 'insert.c does not compile here';
    return { kind: 'unavailable', why };
  }
  const run = spawnSync(program, [join(folder, 'baseline.sqlite'), String(rows)], { encoding: 'utf8' });
  if (run.status !== 0) return { kind: 'unavailable', why: `insert.c failed: ${run.stderr.trim()}` };
  const printed = JSON.parse(run.stdout) as Printed;
  return {
    kind: 'measured',
    rowsPerSecond: printed.rows / printed.seconds,
    bytesPerRow: printed.bytes / printed.rows,
    sqlite: printed.sqlite,
  };
}

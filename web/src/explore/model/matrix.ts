// The table of protocols x bugs: what is expected of each cell, and what the runs found there, the newest last word. Pure.
import type { Catalogue, CatalogueRun } from '../../api/schema.js';

export type Bug = Catalogue['bugs'][number];
type Row = NonNullable<CatalogueRun['rows']>[number];

export interface MatrixCell {
  readonly bug: string;
  readonly protocol: string;
  readonly expected: Row['expected'];
  readonly why: string | null;
  /** What was found; null: nobody has asked yet, or there is nothing to ask. */
  readonly row: Row | null;
}

export interface Matrix {
  readonly protocols: readonly string[];
  readonly bugs: readonly Bug[];
  readonly cells: ReadonlyMap<string, MatrixCell>;
  /** Cells that a search or a run answers; how many of them are answered, and how many of those not as known. */
  readonly asked: number;
  readonly answered: number;
  readonly differing: number;
}

export const cellKey = (bug: string, protocol: string): string => `${bug}:${protocol}`;
const ASKED: ReadonlySet<string> = new Set(['violated', 'holds']);

/** @param runs newest first. @param all profiles too, not only the protocols that every bug has a cell for */
export function matrixOf(table: Catalogue, runs: readonly CatalogueRun[], all: boolean): Matrix {
  const found = new Map<string, Row>();
  for (const { rows } of [...runs].reverse()) {
    for (const row of rows ?? []) found.set(cellKey(row.bug, row.protocol), row);
  }
  const named = table.bugs.flatMap(({ cells }) => cells.map(({ protocol }) => protocol));
  const protocols = all ? [...new Set([...table.protocols, ...named])] : table.protocols;
  const shown = new Set(protocols);
  const cells = new Map<string, MatrixCell>();
  for (const { bug, cells: known } of table.bugs) {
    for (const { protocol, expected, why } of known) {
      if (!shown.has(protocol)) continue;
      const key = cellKey(bug, protocol);
      const row = ASKED.has(expected) ? (found.get(key) ?? null) : null;
      cells.set(key, { bug, protocol, expected, why, row });
    }
  }
  const asked = [...cells.values()].filter(({ expected }) => ASKED.has(expected));
  const answered = asked.filter(({ row }) => row !== null);
  return {
    protocols,
    bugs: table.bugs,
    cells,
    asked: asked.length,
    answered: answered.length,
    differing: answered.filter(({ row }) => row?.ok === false).length,
  };
}

const COST: ReadonlySet<string> = new Set(['liveness', 'budget', 'metric']);

export interface Sign {
  readonly sign: string;
  /** Class: bad, cost, good, none, unknown. */
  readonly tone: 'bad' | 'cost' | 'good' | 'none' | 'unknown';
  readonly word: string;
}

export function signOf({ expected, row }: MatrixCell, kind: string): Sign {
  const answer = row?.got ?? expected;
  const asIf = row === null && ASKED.has(expected) ? 'expected: ' : '';
  if (answer === 'violated') {
    return COST.has(kind)
      ? { sign: '▲', tone: 'cost', word: `${asIf}${kind}` }
      : { sign: '✕', tone: 'bad', word: `${asIf}violated` };
  }
  if (answer === 'holds') return { sign: '✓', tone: 'good', word: `${asIf}holds` };
  if (answer === 'not_applicable') return { sign: '·', tone: 'none', word: 'cannot occur' };
  if (answer === 'bound_reached') return { sign: '…', tone: 'unknown', word: 'a bound was reached' };
  return { sign: '?', tone: 'unknown', word: 'unknown' };
}

/** Two names are too long for a column's head. */
export function shortName(bug: string): string {
  const [number, ...rest] = bug.split('-');
  return rest.length === 0 ? number : `${number}${rest.at(-1)?.[0] ?? ''}`;
}

/** The cell that an arrow key leads to. */
export function neighbour(
  { protocols, bugs }: Matrix,
  { bug, protocol }: { readonly bug: string; readonly protocol: string },
  key: string,
): { readonly bug: string; readonly protocol: string } | null {
  const [dx, dy] = MOVES[key] ?? [0, 0];
  if (dx === 0 && dy === 0) return null;
  const x = bugs.findIndex((one) => one.bug === bug) + dx;
  const y = protocols.indexOf(protocol) + dy;
  const clamp = (n: number, most: number): number => Math.max(0, Math.min(most, n));
  return {
    bug: bugs[clamp(x, bugs.length - 1)].bug,
    protocol: protocols[clamp(y, protocols.length - 1)],
  };
}

const MOVES: { readonly [key: string]: readonly [dx: number, dy: number] } = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
  Home: [-Number.MAX_SAFE_INTEGER, 0],
  End: [Number.MAX_SAFE_INTEGER, 0],
};

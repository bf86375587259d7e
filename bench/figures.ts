// What the bench measured, against its targets: the table for people, JSON for scripts. Nothing in the tests reads it.

export interface Figure {
  /** sim, store, replay, experiment. */
  readonly section: string;
  readonly name: string;
  readonly value: number | null;
  readonly unit: string;
  /** `>= 3000000`: what the value has to reach; null: measured for information. */
  readonly target: { readonly atLeast: number } | { readonly atMost: number } | null;
  readonly aim: number | null;
  /** What was run, or why nothing was. */
  readonly note: string;
}

/** null: no target, or nothing measured. */
export function meets(figure: Figure): boolean | null {
  if (figure.target === null || figure.value === null) return null;
  return 'atLeast' in figure.target
    ? figure.value >= figure.target.atLeast
    : figure.value <= figure.target.atMost;
}

function number(value: number): string {
  if (Math.abs(value) >= 1_000) return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
  return String(Math.round(value * 100) / 100);
}

export function figureTable(figures: readonly Figure[]): string {
  const rows = figures.map((f) => {
    const target =
      f.target === null
        ? ''
        : 'atLeast' in f.target
          ? `>= ${number(f.target.atLeast)}`
          : `<= ${number(f.target.atMost)}`;
    const ok = meets(f);
    return [
      f.section,
      f.name,
      f.value === null ? '-' : number(f.value),
      f.unit,
      target,
      f.aim === null ? '' : number(f.aim),
      ok === null ? '' : ok ? 'ok' : 'MISS',
      f.note,
    ];
  });
  const titles = ['section', 'figure', 'measured', 'unit', 'target', 'aim', '', 'what'];
  const width = titles.map((title, k) => Math.max(title.length, ...rows.map((row) => row[k].length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, k) => (k === 2 ? cell.padStart(width[k]) : cell.padEnd(width[k])))
      .join('  ')
      .trimEnd();
  return [titles, titles.map((_, k) => '-'.repeat(width[k])), ...rows].map(line).join('\n');
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

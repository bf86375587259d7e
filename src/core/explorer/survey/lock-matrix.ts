// The lock matrix: each operation of each function with the sets of locks under which a search saw it, how often, and what is
// declared of it. A row that breaks its declaration is flagged.
import { type Declaration, Declared } from './declared.js';
import { heldNames } from './held.js';
import { operationName } from './operation.js';
import { ROW_NUMBERS, roleNumberOf, type SurveyCounts, stepOf } from './survey-counts.js';
import type { Surveyed } from './surveyed.js';

export interface LockRow {
  readonly function: string;
  readonly operation: string;
  /** Who: roles of threads. */
  readonly roles: readonly string[];
  /** `mmu_lock:R`, `rcu` ... ; empty: none. */
  readonly held: readonly string[];
  /** Times that a step of the search took it so. */
  readonly times: number;
  /** What must be held; null: nothing is declared. */
  readonly declared: string | null;
  /** Where that is said. */
  readonly source: string | null;
  /** Held is what is declared; null: nothing is. */
  readonly agrees: boolean | null;
}

export interface LockMatrix {
  readonly rows: readonly LockRow[];
  /** Rows in which something else was held than is declared. */
  readonly differing: number;
  /** Steps of the search, all rows together. */
  readonly steps: number;
}

interface Sum {
  readonly name: string;
  readonly operation: number;
  readonly set: number;
  readonly roles: Set<string>;
  times: number;
}

export function lockMatrix({ rows }: SurveyCounts, { linked, rules, roles }: Surveyed): LockMatrix {
  const sums = new Map<string, Sum>();
  let steps = 0;
  for (let k = 0; k < rows.length; k += ROW_NUMBERS) {
    const [key, operation, set, times] = rows.subarray(k, k + ROW_NUMBERS);
    const { name } = linked.steps[stepOf(key)].proc;
    const at = `${name} ${operation} ${set}`;
    const sum = sums.get(at) ?? { name, operation, set, roles: new Set(), times: 0 };
    sum.roles.add(roles[roleNumberOf(key)]);
    sum.times += times;
    steps += times;
    sums.set(at, sum);
  }
  const declared = new Declared(linked, rules);
  const out = [...sums.values()].map((sum) => row(sum, declared.of(sum.name, sum.operation)));
  out.sort(
    (a, b) =>
      rank(a) - rank(b) ||
      compare(a.function, b.function) ||
      compare(a.operation, b.operation) ||
      b.times - a.times ||
      compare(a.held.join(), b.held.join()),
  );
  return { rows: out, differing: out.filter(({ agrees }) => agrees === false).length, steps };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const rank = ({ agrees }: LockRow): number => (agrees === false ? 0 : agrees === true ? 1 : 2);

function row({ name, operation, set, roles, times }: Sum, all: readonly Declaration[]): LockRow {
  const broken = all.filter(({ allows }) => !allows(set));
  const told = broken.length > 0 ? broken : all;
  const join = (read: (one: Declaration) => string): string | null =>
    all.length === 0 ? null : [...new Set(told.map(read))].join(' and ');
  return {
    function: name,
    operation: operationName(operation),
    roles: [...roles].sort(),
    held: heldNames(set),
    times,
    declared: join(({ text }) => text),
    source: join(({ source }) => source),
    agrees: all.length === 0 ? null : broken.length === 0,
  };
}

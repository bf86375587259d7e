// Two runs in memory, aligned as the comparison of stored sessions aligns them.
import { Alignment, type AlignmentResult } from '../../src/core/compare/alignment.js';
import { type Divergence, explainDivergence } from '../../src/core/compare/divergence.js';
import type { SiteName } from '../../src/core/projections/moment.js';
import type { MemoryHistory } from './history.js';

export interface Aligned {
  readonly result: AlignmentResult;
  readonly divergence: Divergence | null;
}

const SITES = 65_536;

export function align(
  a: MemoryHistory,
  b: MemoryHistory,
  { sameProcedures = true, lifecycleOnly = false, page = 1_000, maxPending = 2_000_000 } = {},
): Aligned {
  const names = [...new Set([...a.threads, ...b.threads].filter((name) => name !== undefined))];
  const setting = (history: MemoryHistory) => {
    const slots = new Uint8Array(256);
    history.threads.forEach((name, number) => {
      slots[number] = names.indexOf(name);
    });
    const moment = history.momentAt(0);
    const sites: (SiteName | undefined)[] = Array.from({ length: SITES }, (_, id) => moment.site(id));
    return { slots, sites };
  };
  const how = { sameProcedures, lifecycleOnly };
  const alignment = new Alignment(setting(a), setting(b), how, names.length, maxPending);
  const histories = [a, b] as const;
  for (let at = 0; at < Math.max(a.end, b.end); at += page) {
    for (const side of [0, 1] as const) {
      const { columns, end } = histories[side];
      if (at < end) alignment.take(side, columns, at, Math.min(end, at + page), at + 1);
      if (at < end && at + page >= end) alignment.end(side);
    }
  }
  const result = alignment.result();
  const numbers = histories.map(({ threads }) => names.map((name) => threads.indexOf(name)));
  const threads = { names, numbers: [numbers[0], numbers[1]] as const };
  return {
    result,
    divergence: explainDivergence(alignment, result, histories, threads, ['session A', 'session B']),
  };
}

// Relaxations for the server: the rules of a protocol, dropped one at a time, as a kind of row jobs.
import type { z } from 'zod';
import { SandboxHand } from '../../user-protocols/sandbox-hand.js';
import { RowJobs, type RowKind } from '../row-jobs.js';
import { checkRelax, type RelaxResult, runRelax } from './relax.js';
import type { createRelaxation, relaxation } from './relax.schemas.js';

export type NewRelaxation = z.output<typeof createRelaxation>;
export type Relaxation = z.output<typeof relaxation>;

type Figures = Pick<Relaxation, 'protocol' | 'rule' | 'counts'>;
type Parts = Pick<Relaxation, 'rows' | 'litmus'>;

export class RelaxJobs extends RowJobs<NewRelaxation, RelaxResult, Figures, Parts> {}

export const RELAX_JOBS: RowKind<NewRelaxation, RelaxResult, Figures, Parts> = {
  name: 'relaxation',
  check: async (order) => {
    checkRelax(order);
    // Whether it can be loaded at all.
    if (order.userProtocol !== undefined) await SandboxHand.once(order.userProtocol, 'describe', null);
  },
  answer: ({ protocol, rule, litmus, userProtocol }, hooks) =>
    runRelax({ protocol, rule, litmus, userProtocol, ...hooks }),
  figures: ({ protocol, rule }, result) => ({
    protocol,
    rule: rule ?? null,
    counts: result === null ? null : { ...result.counts },
  }),
  parts: (result) => {
    const plain = result as unknown as Parts | null;
    return { rows: plain?.rows ?? null, litmus: plain?.litmus ?? null };
  },
};

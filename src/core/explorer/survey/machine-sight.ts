// A survey of the real machine with what its words are made from.
import type { World } from '../../aggregates/world.js';
import type { ProtocolFacts } from '../../invariants/rules.js';
import type { LinkedProtocol } from '../../machine/link.js';
import type { Sight } from '../model.js';
import { type Coverage, coverage } from './coverage.js';
import { type LockMatrix, lockMatrix } from './lock-matrix.js';
import { Survey } from './survey.js';
import type { SurveyCounts } from './survey-counts.js';

export class MachineSight implements Sight {
  on = false;
  private readonly survey: Survey;

  constructor(
    w: World,
    ops: Int32Array,
    threads: readonly string[],
    private readonly linked: LinkedProtocol,
    private readonly rules: ProtocolFacts,
  ) {
    this.survey = new Survey(w, ops, threads);
  }

  /** Thread t is about to take the step with this number. */
  note(t: number, step: number): void {
    this.survey.note(t, step);
  }

  counts(): SurveyCounts {
    return this.survey.counts();
  }

  locks(counts: SurveyCounts): LockMatrix {
    const { roles, threads } = this.survey;
    return lockMatrix(counts, { linked: this.linked, rules: this.rules, roles, threads });
  }

  coverage(counts: SurveyCounts): Coverage {
    const { roles, threads } = this.survey;
    return coverage(counts, { linked: this.linked, rules: this.rules, roles, threads });
  }
}

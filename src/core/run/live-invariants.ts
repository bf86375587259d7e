// Invariants watching a running machine: findings become events right behind the event that broke the rule.
import type { World } from '../aggregates/world.js';
import { E } from '../events/catalogue.js';
import { SUBJECT_RADIX } from '../events/define.js';
import { InvariantSet } from '../invariants/invariant-set.js';
import { invariantRules } from '../invariants/rules.js';
import type { EventBatch } from '../machine/batch.js';
import { S_MACHINE, S_ROOT } from '../machine/batch.js';
import type { Machine, Observer } from '../machine/machine.js';
import type { ProtocolRules } from '../protocols/protocol.js';
import type { InvariantVerdict } from './contract.js';

export class LiveInvariants implements Observer {
  readonly set: InvariantSet;

  constructor(m: Machine, rules: ProtocolRules) {
    this.set = new InvariantSet(m.w, invariantRules(rules), (invariant, detail, seen, _back, root) => {
      const subject = root > 0 ? root * SUBJECT_RADIX + S_ROOT : S_MACHINE;
      m.out.emit(E.Finding, subject, invariant, detail, seen);
    });
  }

  before(w: World, batch: EventBatch, i: number): void {
    this.set.before(w, batch, i);
  }

  after(w: World, batch: EventBatch, i: number): void {
    this.set.after(w, batch, i);
  }

  verdicts(): InvariantVerdict[] {
    return this.set.verdicts().map((v) => ({
      invariant: v.invariant,
      name: v.name,
      verdict: v.verdict,
      checks: v.checks,
      violations: v.violations,
      reason: v.reason,
    }));
  }
}

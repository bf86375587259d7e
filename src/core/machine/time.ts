// Virtual time: a pure function of events and manifest. Each event type has a cost and an account; four types cost by
// value. Accounts: guest (L2), host kernel (L1), outer hypervisor (L0).

import { is_leaf_spte, is_nonleaf_spte, is_shadow_present_pte } from '../aggregates/spte.js';
import { E } from '../events/catalogue.js';
import { EXIT_NAMES } from '../events/constants.js';
import { COSTS } from './costs.js';

export const ACCOUNT = { guest: 0, host: 1, outer: 2 } as const;
export const ACCOUNT_NAMES = ['guest', 'host', 'outer'] as const;

export const BY_CONST = 0;
const BY_REASON = 1;
const BY_B = 2;
const BY_SPTE = 3;
const BY_A = 4;

/** Cost table of one run. */
export class TimeModel {
  /** Fixed part of each type's cost, and how the rest is found (BY_CONST: there is none). */
  readonly constNs = new Float64Array(256);
  readonly rule = new Uint8Array(256);
  readonly account = new Uint8Array(256).fill(ACCOUNT.host);
  private readonly exitNs = new Float64Array(64);
  private readonly zapLeafNs: number;
  private readonly linkTableNs: number;

  constructor(readonly costs: Readonly<Record<string, number>>) {
    for (const [name, cost] of Object.entries(COSTS)) {
      if (cost.event === null) continue;
      // A session that is older than this cost ran without it.
      this.constNs[E[cost.event]] += costs[name] ?? 0;
      this.account[E[cost.event]] = ACCOUNT[cost.account];
    }
    EXIT_NAMES.forEach((exit, reason) => {
      const own = costs[`exit_${exit}`];
      this.exitNs[reason] = own ?? costs.exitOther;
    });
    this.zapLeafNs = costs.zapLeafSpte;
    this.linkTableNs = costs.zapTable;
    this.rule[E.VcpuExited] = BY_REASON;
    this.rule[E.GuestRetired] = BY_B;
    this.rule[E.SpteChanged] = BY_SPTE;
    this.rule[E.ThreadSlept] = BY_A;
    this.account[E.GuestRetired] = ACCOUNT.guest;
    this.account[E.ThreadSlept] = ACCOUNT.guest;
  }

  /** ns that an event takes. */
  ns(type: number, a: number, b: number, c: number): number {
    const base = this.constNs[type];
    switch (this.rule[type]) {
      case BY_CONST:
        return base;
      case BY_REASON:
        return base + this.exitNs[a];
      case BY_B:
        return base + b;
      case BY_SPTE:
        if (is_shadow_present_pte(c)) return base;
        return base + (is_leaf_spte(b) ? this.zapLeafNs : is_nonleaf_spte(b) ? this.linkTableNs : 0);
      default:
        return base + a;
    }
  }
}

// Sites: (function, label, caller's site) as one small number, so that every event carries the thread's whole stack.
// A block of consecutive numbers is given to (caller's site, callee) at its first call: the site of a step is then one
// addition. The order of first calls is part of the run, so the table travels with machine snapshots.
import { LimitReached } from '../base/errors.js';
import type { LinkedProtocol } from './link.js';

export const SITES_MAX = 65_535;

export interface Site {
  readonly id: number;
  readonly function: string;
  readonly label: string;
  readonly parent: number;
}

export class SiteTable {
  private next = 1;
  private readonly bases = new Map<number, number>();
  // A site nearly always calls one function: its last callee and the block it got, without a map.
  private readonly lastCallee = new Int32Array(SITES_MAX + 1);
  private readonly lastBase = new Int32Array(SITES_MAX + 1);
  /** (parent site, procedure number) in order of first use: all that is needed to build the table again. */
  readonly pairs: number[] = [];
  readonly sites: Site[] = [];

  constructor(private readonly linked: LinkedProtocol) {}

  /** Site of the first label of `callee` when called from `parent` (0: bottom of a thread). */
  base(parent: number, callee: number): number {
    if (this.lastCallee[parent] === callee) return this.lastBase[parent];
    const base = this.bases.get(parent * 1024 + callee) ?? this.allocate(parent, callee);
    this.lastCallee[parent] = callee;
    this.lastBase[parent] = base;
    return base;
  }

  private allocate(parent: number, callee: number): number {
    const proc = this.linked.procedure(callee);
    const base = this.next;
    if (base + proc.labels.size > SITES_MAX) throw new LimitReached('sites', SITES_MAX);
    for (const label of proc.labels.keys()) {
      this.sites.push({ id: this.next, function: proc.name, label, parent });
      this.next++;
    }
    this.bases.set(parent * 1024 + callee, base);
    this.pairs.push(parent, callee);
    return base;
  }

  restore(pairs: readonly number[]): void {
    for (let i = 0; i < pairs.length; i += 2) this.base(pairs[i], pairs[i + 1]);
  }
}

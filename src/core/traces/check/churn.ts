// What tracepoints alone say about root lifetimes: without probes of births, a vCPU that goes in and out of SMM and is given a new
// root each time shows that the roots before were not kept.
import type { CoveredEvent } from './covered-event.js';
import { type Refusal, refuse } from './rules.js';
import type { Traits } from './traits.js';

const LEVELS_OF_ROOTS: ReadonlySet<number> = new Set([4, 5]);

/** One thread: roots that it was given in one stretch of SMM transitions. */
interface Stretch {
  births: number;
  inSmm: boolean;
}

export class Churn {
  private readonly stretches = new Map<number, Stretch>();

  constructor(private readonly traits: Traits) {}

  take(pid: number, event: CoveredEvent): Refusal | null {
    // Up to v6.3 a root dies with its last vCPU.
    if (this.traits.birth === 1) return null;
    switch (event.kind) {
      // Roots are invalidated: every role may get a new one. No line names the VM.
      case 'fastZapAnnounced':
        this.stretches.clear();
        return null;
      case 'smm': {
        const stretch = this.stretches.get(pid) ?? { births: 0, inSmm: false };
        // Leaving without having entered: it entered before the trace begins.
        stretch.inSmm = event.entering;
        this.stretches.set(pid, stretch);
        return null;
      }
      case 'announced': {
        const stretch = this.stretches.get(pid);
        // Before the first transition the thread may be another VM's.
        if (stretch === undefined || !event.created || !LEVELS_OF_ROOTS.has(event.level ?? 0)) return null;
        stretch.births++;
        return stretch.births <= this.traits.validRootsMax
          ? null
          : refuse(
              'churn',
              `this vCPU was given ${stretch.births} new roots between SMM transitions and without an invalidation; ${this.traits.protocol} keeps at most ${this.traits.validRootsMax} valid roots, and would have reused one`,
            );
      }
      default:
        return null;
    }
  }
}

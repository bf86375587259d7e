// A session in the past: its world, each thread's last event and the time booked so far, moved forward over stored rows
// from a snapshot or from the beginning. No kernel code runs: it works for every session for ever.
import type { Layout } from '../aggregates/layout.js';
import { World } from '../aggregates/world.js';
import { E } from '../events/catalogue.js';
import { TimeModel } from '../machine/time.js';
import type { Manifest, SnapshotBytes } from './contract.js';
import { stagesOf } from './fork-stages.js';
import { LastSeen } from './last-seen.js';
import { type Foldable, foldRows } from './replay-by-fold.js';
import { readPast } from './snapshot.js';
import { isTrace } from './trace-session.js';

/** Stored rows with everything that a past is moved by. */
export interface PastRows extends Foldable {
  readonly site: ArrayLike<number>;
  readonly timeNs: ArrayLike<number>;
  readonly skipped: ArrayLike<number>;
}

export class Past {
  readonly world: World;
  readonly lastSeen: LastSeen;
  /** ns booked per account. Complete only at `full`: what was counted together has no costs of its own. */
  readonly accounts = new Float64Array(3);
  readonly recording: 'full' | 'lifecycle';
  /** The last event that happened; 0 before the first. */
  position = 0;
  ordinal = 0;
  /** Time of that event. */
  timeNs = 0;
  /** By stage of the run: a fork may have other costs. */
  private readonly times: readonly { readonly time: TimeModel; readonly to: number }[];

  constructor(layout: Layout, manifest: Manifest) {
    const { recording, forks = [] } = manifest;
    this.world = new World(layout);
    this.lastSeen = new LastSeen(layout.topology.threads);
    // What a trace does not tell is not recorded, and its events cost nothing.
    this.recording = isTrace(manifest) ? 'lifecycle' : recording;
    this.times = stagesOf(manifest).map(({ costs }, k) => ({
      time: new TimeModel(costs),
      to: forks[k]?.position ?? Number.POSITIVE_INFINITY,
    }));
  }

  /** To the beginning. */
  reset(): void {
    this.world.reset();
    this.lastSeen.restore([]);
    this.accounts.fill(0);
    this.position = 0;
    this.ordinal = 0;
    this.timeNs = 0;
  }

  /**
   * To where the snapshot was taken; ordinal and time are right from the next row on (at `lifecycle` a snapshot lies
   * behind events that are not stored yet). False: it is of another layout, nothing was changed.
   */
  load(snapshot: SnapshotBytes): boolean {
    const past = readPast(snapshot, this.world);
    if (past === null) return false;
    this.lastSeen.restore(past.lastSeen);
    this.accounts.set(past.accounts);
    this.position = snapshot.position;
    this.ordinal = snapshot.ordinal;
    this.timeNs = 0;
    return true;
  }

  /** Rows [from, to), which begin right after `position`. */
  take(rows: PastRows, from: number, to: number): void {
    if (from >= to) return;
    foldRows(this.world, rows, from, to, this.recording);
    this.lastSeen.take(rows, from, to, this.position + 1);
    if (this.recording === 'full') this.book(rows, from, to);
    const last = to - 1;
    this.position += to - from;
    this.ordinal =
      this.position + rows.skipped[last] + (rows.type[last] === E.Counted ? rows.a[last] - 1 : 0);
    this.timeNs = rows.timeNs[last];
  }

  private book(rows: PastRows, from: number, to: number): void {
    let i = from;
    for (const { time, to: last } of this.times) {
      const end = Math.min(to, last - this.position + from);
      for (; i < end; i++) {
        const type = rows.type[i];
        this.accounts[time.account[type]] += time.ns(type, rows.a[i], rows.b[i], rows.c[i]);
      }
    }
  }
}

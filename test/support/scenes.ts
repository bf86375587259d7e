// Scenes of a library scenario without a store: the session is folded to where the stretch begins.
import type { Moment } from '../../src/core/projections/moment.js';
import { timelineBuckets, visitBuckets } from '../../src/core/projections/timeline.js';
import {
  LaneChoice,
  planTimeline,
  TimelineSum,
  type TimelineView,
} from '../../src/core/projections/timeline-view.js';
import type { RunRequest } from '../../src/core/run/manifest.js';
import { Past } from '../../src/core/run/past.js';
import { FarArrowsOf } from '../../src/core/scene/far-arrows.js';
import { type SceneView, sceneOf } from '../../src/core/scene/scene.js';
import { concatColumns, runToEnd, simulation } from './harness.js';

export interface Scenes {
  readonly length: number;
  /** Positions from and to, both included. */
  scene(from: number, to: number): SceneView;
  /** The whole session in at most so many buckets, of all lanes. */
  timeline(width: number): TimelineView;
}

export function scenesOf(request: RunRequest): Scenes {
  const sim = simulation(request);
  const rows = concatColumns(runToEnd(sim));
  const { sites } = sim.machine.sites;
  const threadNames = sim.machine.threads.map(({ name }) => name);
  return {
    length: rows.length,
    scene(from, to) {
      const past = new Past(sim.machine.w.layout, sim.manifest);
      past.take(rows, 0, from - 1);
      const moment: Moment = {
        world: past.world,
        full: true,
        position: past.position,
        ordinal: past.ordinal,
        timeNs: past.timeNs,
        lastSeen: past.lastSeen,
        accounts: past.accounts,
        threadNames,
        site: (id) => sites[id - 1],
      };
      const part = <T extends { slice(from: number, to: number): T }>(column: T): T =>
        column.slice(from - 1, to);
      const cut = {
        thread: part(rows.thread),
        site: part(rows.site),
        timeNs: part(rows.timeNs),
        type: part(rows.type),
        subject: part(rows.subject),
        a: part(rows.a),
        b: part(rows.b),
        c: part(rows.c),
      };
      const named = sites.map((site, i) => ({ ...site, id: i + 1 }));
      return sceneOf(moment, named, cut, to - from + 1, from);
    },
    timeline(width) {
      const { world } = new Past(sim.machine.w.layout, sim.manifest);
      const plan = planTimeline(1, rows.length, width, rows.length);
      const arrows = new FarArrowsOf(world, 1, 5 * plan.rowsPerBucket);
      arrows.take(rows, rows.length);
      const sum = new TimelineSum(plan, new LaneChoice('threads,roots,locks'));
      visitBuckets(timelineBuckets(rows, 0, rows.length, 1, plan.rowsPerBucket), sum);
      const names = { threadNames, site: (id: number) => sites[id - 1], world };
      return { ...sum.view({ names, roots: new Map(), quiet: [], timed: true }), ...arrows.view() };
    },
  };
}

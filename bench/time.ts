// (e) Time travel in a session of 10,000,000 events: each case is a file of its own (time-*.ts), all on one store.
import { InspectionService } from '../src/sessions/inspection.service.js';
import { openEventStore } from '../src/store/sqlite/open-event-store.js';
import type { Figure } from './figures.js';
import { runIntoStore } from './store.js';
import type { TimeBench } from './time-bench.js';
import { measureBlame } from './time-blame.js';
import { measureCompare } from './time-compare.js';
import { measureExports } from './time-export.js';
import { measureForks } from './time-fork.js';
import { measureState } from './time-state.js';
import { measureSteps } from './time-step.js';
import { measureTimeline } from './time-timeline.js';
import { describe, workload } from './workload.js';

const CASES: readonly ((bench: TimeBench) => Promise<Figure[]>)[] = [
  measureState,
  measureSteps,
  measureTimeline,
  measureBlame,
  measureForks,
  measureExports,
  measureCompare,
];

export async function measureTime(folder: string, events: number): Promise<Figure[]> {
  const dataDir = `${folder}/time`;
  const { sessionId, events: stored } = await runIntoStore(dataDir, events);
  return await measureTimeIn(dataDir, sessionId, stored, describe(workload(events)));
}

export async function measureTimeIn(
  dataDir: string,
  sessionId: string,
  events: number,
  what: string,
): Promise<Figure[]> {
  const store = await openEventStore(dataDir);
  const inspections = new InspectionService(store);
  const figures: Figure[] = [];
  try {
    for (const measure of CASES) {
      const bench: TimeBench = {
        store,
        inspections,
        sessionId,
        events,
        note: `${what}; ${events} events`,
        random: sequence(),
      };
      figures.push(...(await measure(bench)));
    }
  } finally {
    await inspections.stop();
    await store.close();
  }
  return figures;
}

function sequence(): (below: number) => number {
  let state = 0x2545f491;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

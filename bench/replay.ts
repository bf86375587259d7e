// (c) Both replays of a stored session. By schedule: the store's reader, the execution and the comparison of every row,
// as `rootline replay` does it. By fold: rows from the store into a world, which is compared with a snapshot.

import { InspectionService } from '../src/sessions/inspection.service.js';
import { openEventStore } from '../src/store/sqlite/open-event-store.js';
import { type Figure, median } from './figures.js';
import { runIntoStore } from './store.js';
import { describe, workload } from './workload.js';

const RUNS = 3;

async function byService(
  inspections: InspectionService,
  id: string,
  by: 'fold' | 'schedule',
): Promise<number> {
  const begun = performance.now();
  const result = await inspections.replay(id, [by]);
  const seconds = (performance.now() - begun) / 1_000;
  if (!result.verified) throw new Error(`the replay by ${by} differs: ${JSON.stringify(result)}`);
  const rows = result.by[by]?.rows ?? 0;
  return rows / seconds;
}

export async function measureReplay(folder: string, events: number): Promise<Figure[]> {
  const dataDir = `${folder}/replay`;
  const { sessionId, events: stored } = await runIntoStore(dataDir, events);
  const store = await openEventStore(dataDir);
  const inspections = new InspectionService(store);
  const note = `${describe(workload(events))}; ${stored} events; median of ${RUNS}`;
  const figures: Figure[] = [];
  const measure = async (
    name: string,
    atLeast: number | null,
    run: () => Promise<number>,
    what: string,
  ): Promise<void> => {
    const rates: number[] = [];
    for (let k = 0; k < RUNS; k++) rates.push(await run());
    figures.push({
      section: 'replay',
      name,
      value: median(rates),
      unit: 'events/s',
      target: atLeast === null ? null : { atLeast },
      aim: null,
      note: what,
    });
  };
  try {
    await measure(
      'by schedule, from the store',
      1_500_000,
      () => byService(inspections, sessionId, 'schedule'),
      note,
    );
    await measure(
      'by fold, from the store',
      1_000_000,
      () => byService(inspections, sessionId, 'fold'),
      note,
    );
  } finally {
    await inspections.stop();
    await store.close();
  }
  return figures;
}

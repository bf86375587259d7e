// Forks at random positions, to the commit of their first new events: from the question where the fork point is to the
// notice that rows of the fork's own are stored. Everything runs as in the server: inspection thread, writer, simulation.
import { filter, firstValueFrom } from 'rxjs';
import { Forks } from '../src/sessions/forks.js';
import { SessionRunner } from '../src/sessions/runner/session-runner.js';
import type { Figure } from './figures.js';
import { latencyFigures, type TimeBench } from './time-bench.js';

const WARM_UP = 5;
const CALLS = 60;

export async function measureForks(bench: TimeBench): Promise<Figure[]> {
  const { store, inspections, sessionId, events, random, note } = bench;
  const runner = new SessionRunner(store, { workers: 1 });
  const forks = new Forks(store, runner, inspections);
  const took: number[] = [];
  try {
    for (let k = -WARM_UP; k < CALLS; k++) {
      const at = 1 + random(events - 10_000);
      const begun = performance.now();
      // Before the fork has a number nobody else is at work here.
      const first = firstValueFrom(
        store.committed$.pipe(
          filter((n) => n.sessionId !== sessionId && n.toPosition >= n.fromPosition && n.toPosition > at),
        ),
      );
      const made = (await forks.create(sessionId, { at, changes: { seed: 1_000 + k, scheduler: 'random' } }))
        .id;
      const notice = await first;
      if (k >= 0) took.push(performance.now() - begun);
      if (notice.sessionId !== made) throw new Error(`session ${notice.sessionId} was not expected`);
      await runner.delete(made);
      // What is left of it is removed in the background, by the writer.
      await store.deletionsDone();
    }
  } finally {
    await runner.stop();
  }
  const sorted = took.toSorted((a, b) => a - b);
  return latencyFigures('fork to its first new event', sorted, 100, null, `random positions, ${note}`);
}

// Steps back: from random positions, and the state at each place, as somebody who debugs asks for it.
import type { Figure } from './figures.js';
import { latenciesMs, latencyFigures, type TimeBench } from './time-bench.js';

const CALLS = 500;
/** Steps from one place before the next one is chosen. */
const IN_A_ROW = 10;

export async function measureSteps(bench: TimeBench): Promise<Figure[]> {
  const { inspections, sessionId, events, random } = bench;
  let from = events;
  const took = await latenciesMs(CALLS, async (k) => {
    const { position } = await inspections.ask('seek', {
      sessionId,
      from,
      direction: 'backward',
      step: 'step',
      until: {},
      limit: 100_000,
    });
    await inspections.state(sessionId, { at: position! });
    from = k % IN_A_ROW === 0 ? 1_000 + random(events - 1_000) : position!;
  });
  return latencyFigures('step back and the state there', took, 20, null, `${IN_A_ROW} steps in a row`);
}

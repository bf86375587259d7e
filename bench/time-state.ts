// The whole state, without page-table entries, at random positions; and whether it takes longer further on.
import type { Figure } from './figures.js';
import { latenciesMs, latencyFigures, quantile, type TimeBench } from './time-bench.js';

const CALLS = 500;

export async function measureState(bench: TimeBench): Promise<Figure[]> {
  const { inspections, sessionId, events, random, note } = bench;
  const at = (position: number): Promise<unknown> => inspections.state(sessionId, { at: position });
  const anywhere = await latenciesMs(CALLS, () => at(1 + random(events)));
  const tenth = Math.floor(events / 10);
  const early = await latenciesMs(CALLS / 5, () => at(1 + random(tenth)));
  const late = await latenciesMs(CALLS / 5, () => at(events - random(tenth)));
  return [
    ...latencyFigures('state at a random position', anywhere, 50, 10, note),
    {
      section: 'time',
      name: 'state, last tenth / first tenth',
      value: quantile(late, 0.5) / quantile(early, 0.5),
      unit: '',
      target: { atMost: 1.5 },
      aim: null,
      note: 'medians: not growing with length',
    },
  ];
}

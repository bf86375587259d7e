// Timelines at every zoom: from the whole session down to a hundred rows, at random places.
import type { Figure } from './figures.js';
import { latenciesMs, latencyFigures, type TimeBench } from './time-bench.js';

const CALLS = 300;
const WIDTH = 1_000;

export async function measureTimeline(bench: TimeBench): Promise<Figure[]> {
  const { inspections, sessionId, events, random } = bench;
  const ask = (from: number, to: number, lanes: string): Promise<unknown> =>
    inspections.ask('timeline', { sessionId, from, to, width: WIDTH, lanes });
  const zooms = Math.ceil(Math.log2(events / 100)) + 1;
  const anyZoom = (lanes: string) =>
    latenciesMs(CALLS, (k) => {
      const rows = Math.max(100, Math.floor(events / 2 ** (Math.abs(k) % zooms)));
      const from = 1 + random(events - rows + 1);
      return ask(from, from + rows - 1, lanes);
    });
  return [
    ...latencyFigures(
      'timeline, threads and locks',
      await anyZoom('threads,locks'),
      50,
      null,
      `any zoom, ${WIDTH} buckets`,
    ),
    ...latencyFigures(
      'timeline, roots too',
      await anyZoom('threads,locks,roots'),
      50,
      null,
      'the 64 busiest lanes',
    ),
    ...latencyFigures(
      'timeline, the whole session',
      await latenciesMs(60, () => ask(1, events, 'threads,locks')),
      50,
      null,
      '',
    ),
  ];
}

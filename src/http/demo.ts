// On an empty store the founding experiment runs in the background; its progress is told on the log.
import { throttleTime } from 'rxjs';
import { startExperiment } from '../sessions/founding-experiment.js';
import type { SessionRunner } from '../sessions/runner/session-runner.js';
import type { EventStore } from '../store/event-store.port.js';
import type { Log } from './log.js';

const TELL_MS = 2_000;

export async function demoIfEmpty(store: EventStore, runner: SessionRunner, log: Log): Promise<void> {
  const { sessions } = await store.listSessions({ limit: 1 });
  if (sessions.length > 0) return;
  const ids = new Set(await startExperiment(runner));
  log.info(
    `the store is empty: the founding experiment runs, ${ids.size} sessions (ROOTLINE_DEMO=off turns it off)`,
  );
  const events = new Map<string, number>();
  const counted = runner.positions$.subscribe(({ sessionId, progress }) => {
    if (ids.has(sessionId)) events.set(sessionId, progress?.ordinal ?? 0);
  });
  let ended = 0;
  const told = runner.positions$.pipe(throttleTime(TELL_MS)).subscribe(() => {
    const sum = [...events.values()].reduce((x, y) => x + y, 0);
    log.info(`the founding experiment: ${ended} of ${ids.size} sessions ended, ${sum} events`);
  });
  const waits = [...ids].map(async (id) => {
    const { state } = await runner.done(id);
    if (state === 'finished') ended++;
  });
  void Promise.allSettled(waits).then(() => {
    counted.unsubscribe();
    told.unsubscribe();
    if (ended === ids.size) log.info('the founding experiment is done: see the page');
  });
}

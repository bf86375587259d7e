// Sessions and their forks in a store in memory, all on this thread: the order that finds the fork point, the catching up,
// and the run are those of the server; only the threads are missing.
import type { Manifest, RunChunk } from '../../src/core/run/contract.js';
import type { ForkChanges } from '../../src/core/run/fork.js';
import { createManifest, type RunRequest } from '../../src/core/run/manifest.js';
import type { Simulation } from '../../src/core/run/simulation.js';
import { resolveCommand } from '../../src/core/scenarios/live/resolve.js';
import { buildSimulation } from '../../src/sessions/build-simulation.js';
import { InspectionService } from '../../src/sessions/inspection.service.js';
import { catchUp } from '../../src/sessions/runner/catch-up.js';
import { ForkPoints } from '../../src/sessions/runner/fork-points.js';
import { snapshotToResume } from '../../src/sessions/runner/stored-runs.js';
import { MemoryEventStore } from '../../src/store/memory/memory-event-store.js';
import type { SessionRecord } from '../../src/store/session.js';

export class ForkLab {
  readonly store = new MemoryEventStore();
  readonly inspections = new InspectionService(this.store);
  private readonly forkPoints = new ForkPoints();

  async run(request: RunRequest, commands: readonly object[] = []): Promise<SessionRecord> {
    const { id } = await this.store.createSession(createManifest(request), 'simulated');
    return await this.goOn(id, commands);
  }

  /** The fork as it is made, before it has run. */
  async fork(sessionId: string, at: number, changes: ForkChanges = {}): Promise<SessionRecord> {
    const { manifest, position, snapshot } = await this.inspections.ask('fork', { sessionId, at, changes });
    const fork = await this.store.createSession(manifest, 'forked', { parent: { sessionId, position } });
    if (snapshot !== null) this.forkPoints.keep(fork.id, snapshot);
    return fork;
  }

  /** Goes on as the runner's thread does, to the end or to where only a command helps; then gives the commands. */
  async goOn(
    id: string,
    commands: readonly object[] = [],
    options: { readonly snapshots?: boolean; readonly forkPoint?: boolean; readonly rows?: number } = {},
  ): Promise<SessionRecord> {
    const session = await this.store.getSession(id);
    const simulation = buildSimulation(session.manifest, { marks: await this.store.marks(id) });
    const atForkPoint = this.forkPoints.take(session);
    const snapshot =
      options.snapshots === false
        ? null
        : (((options.forkPoint ?? true) ? atForkPoint : null) ??
          (await snapshotToResume(this.store, session)));
    if (snapshot !== null) simulation.restore(snapshot);
    const end = session.progress ?? session.manifest.forks?.at(-1) ?? null;
    await catchUp(simulation, end, 1_000, () => Promise.resolve(false));
    if (options.rows !== undefined) simulation.chunkRows = options.rows / 4;
    await this.advance(id, simulation, options.rows);
    for (const command of commands) {
      simulation.command(resolveCommand(command));
      await this.advance(id, simulation);
    }
    return await this.store.getSession(id);
  }

  private async advance(id: string, simulation: Simulation, rows = Number.POSITIVE_INFINITY): Promise<void> {
    let stored = 0;
    const append = async (chunks: readonly RunChunk[]): Promise<void> => {
      for (const chunk of chunks) {
        if (stored >= rows) return;
        stored += chunk.columns.length;
        await this.store.append(id, chunk);
      }
    };
    do await append(simulation.advance(500));
    while (simulation.outcome === null && !simulation.waiting && stored < rows);
    if (simulation.outcome === null && stored < rows) await append(simulation.rest());
  }

  async manifest(id: string): Promise<Manifest> {
    return (await this.store.getSession(id)).manifest;
  }

  async close(): Promise<void> {
    await this.inspections.stop();
    await this.store.close();
  }
}

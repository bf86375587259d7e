// One order of a simulation thread, from the stored session to a verdict: builds the simulation, advances it in slices, hands
// chunks to the store's writer. When the writer has not acknowledged enough chunks it waits. The clock here only sets the
// length of a slice: nothing that is recorded depends on it.
import { setImmediate } from 'node:timers/promises';
import type { MessagePort } from 'node:worker_threads';
import { BadInput, CommandRefused, ProtocolFault } from '../../core/base/errors.js';
import type { Manifest, Mark, RunChunk } from '../../core/run/contract.js';
import { RUN_LIMITS } from '../../core/run/manifest.js';
import type { Simulation } from '../../core/run/simulation.js';
import { ChunkChannel } from '../../store/channel/chunk-channel.js';
import { StoreError } from '../../store/store.errors.js';
import { catchUp, Diverged } from './catch-up.js';
import type { RunOrder, Verdict } from './messages.js';

const SLICE_MS = 25;
/** A run's first events are stored behind so many steps, without waiting for a full chunk: whoever began it sees it move. */
const FIRST_STEPS = 500;
const MIN_STEPS = 1_000;
const MAX_STEPS = 4_000_000;
/** A command's events stay in its own transaction up to about so many rows (with one batch more: below maxChunkRows). */
const COMMAND_ROWS = 40_000;

/** Kept from the start: where a user's protocol runs there is no clock for it to find. */
const now = performance.now.bind(performance);

export type Build = (manifest: Manifest, differs: { readonly marks: readonly Mark[] }) => Simulation;

/** @param stopping asked between two slices */
export async function simulate(
  order: Omit<RunOrder, 'port'>,
  port: MessagePort,
  build: Build,
  stopping: () => boolean,
): Promise<Verdict> {
  try {
    return await run(order, port, build, stopping);
  } catch (error) {
    return verdictOf(error);
  }
}

async function run(
  order: Omit<RunOrder, 'port'>,
  port: MessagePort,
  build: Build,
  stopping: () => boolean,
): Promise<Verdict> {
  const { manifest, marks, snapshot, committed, task } = order;
  const most = manifest.limits['commands'] ?? RUN_LIMITS.commands.default;
  if (task.kind !== 'run' && marks.length >= most) {
    const message = `this session has met ${marks.length} commands and rests: its limit commands = ${most} is reached`;
    return { kind: 'forbidden', message, allowed: [] };
  }
  const simulation = build(manifest, { marks });
  // A snapshot of another layout is of no use: the session is executed again from its beginning.
  if (snapshot !== null) simulation.restore(snapshot);
  const pause = async (): Promise<boolean> => {
    await setImmediate();
    return stopping();
  };
  const end = committed ?? manifest.forks?.at(-1) ?? null;
  if (!(await catchUp(simulation, end, MIN_STEPS * 20, pause))) {
    if (task.kind === 'run') return { kind: 'stopped' };
    return { kind: 'forbidden', message: 'the session was stopped before this could begin', allowed: [] };
  }
  if (task.kind === 'command') {
    try {
      simulation.command(task.command);
    } catch (error) {
      if (!(error instanceof CommandRefused)) throw error;
      return { kind: 'forbidden', message: error.message, allowed: error.allowed };
    }
    simulation.chunkRows = COMMAND_ROWS;
  }
  const channel = new ChunkChannel(port);
  const asked = task.kind === 'run' ? null : task.events;
  return await advance(simulation, channel, asked, task.kind !== 'run', stopping);
}

/**
 * @param events of the full stream after which the run rests; null: none
 * @param restWhenStopped what was begun is kept, up to the step where it is stopped
 */
async function advance(
  simulation: Simulation,
  channel: ChunkChannel,
  events: number | null,
  restWhenStopped: boolean,
  stopping: () => boolean,
): Promise<Verdict> {
  const target = events === null ? Number.POSITIVE_INFINITY : simulation.eventsNow + events;
  const append = async (chunks: readonly RunChunk[]): Promise<boolean> => {
    for (const chunk of chunks) {
      await channel.append(chunk);
      // What is left of this slice is produced again when the session goes on.
      if (stopping() && !restWhenStopped) return true;
    }
    return chunks.at(-1)?.progress.outcome != null;
  };
  let steps = 20_000;
  let through = false;
  // A command's events stay together.
  if (!restWhenStopped && simulation.outcome === null && !stopping()) {
    const chunks = simulation.advance(FIRST_STEPS, target);
    through = await append(chunks.length > 0 || simulation.waiting ? chunks : simulation.handOverNow());
  }
  while (!through && !simulation.waiting && simulation.eventsNow < target && !stopping()) {
    const beganMs = now();
    const chunks = simulation.advance(steps, target);
    const tookMs = now() - beganMs;
    steps = Math.round(Math.min(MAX_STEPS, Math.max(MIN_STEPS, (steps * SLICE_MS) / Math.max(tookMs, 1))));
    through = await append(chunks);
    await setImmediate();
  }
  if (simulation.outcome === null && (restWhenStopped || simulation.waiting)) {
    await append(simulation.rest());
    await channel.drained();
    if (simulation.outcome === null && !stopping()) {
      return { kind: 'rests', state: simulation.waiting ? 'waiting' : 'paused' };
    }
  }
  await channel.drained();
  return simulation.outcome !== null && through ? { kind: 'ended' } : { kind: 'stopped' };
}

/** Errors after which the session may go on one day: they are not its own. */
const LATER = new Set(['disk_full', 'store_closed', 'store_failed', 'position_conflict']);

function verdictOf(error: unknown): Verdict {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof BadInput || error instanceof Diverged)
    return { kind: 'refused', message, diskFull: false };
  if (error instanceof ProtocolFault) return { kind: 'failed', message };
  if (error instanceof StoreError) {
    if (!LATER.has(error.code)) return { kind: 'failed', message };
    return { kind: 'refused', message, diskFull: error.code === 'disk_full' };
  }
  const stack = error instanceof Error ? (error.stack ?? message) : message;
  return { kind: 'failed', message: stack.split('\n').slice(0, 4).join('\n') };
}

// The two ways in which a cell is run: in a thread that keeps its figures only, or as a stored session by the session
// runner (`record`).
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Manifest } from '../core/run/contract.js';
import type { CellResult } from '../core/sweeps/table.js';
import type { SessionRunner } from '../sessions/runner/session-runner.js';
import { isSealed } from '../store/session.js';
import { isStoreError } from '../store/store.errors.js';
import { SandboxedCells } from '../user-protocols/sandboxed-cells.js';
import { cellResult } from './run-cell.js';
import type { CellRunner } from './sweep-run.js';
import { SweepThread } from './sweep-thread.js';

/** A session of a sweep that somebody paused: how often it is looked at again. */
const PAUSED_POLL_MS = 500;

export interface CellRunners {
  readonly runners: readonly CellRunner[];
  /** Nothing of the sweep runs when this resolves. */
  end(): Promise<void>;
}

/** @param count threads */
export function threadRunners(count: number, yielding: boolean, signal: AbortSignal): CellRunners {
  const stop = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  const raise = (): void => void Atomics.store(new Int32Array(stop), 0, 1);
  const abort = (): void => {
    raise();
    for (const runner of runners) runner.stop();
  };
  if (signal.aborted) raise();
  else signal.addEventListener('abort', abort, { once: true });
  const runners = Array.from({ length: count }, () => new EitherCells(new SweepThread({ yielding, stop })));
  return {
    runners,
    end: async () => {
      signal.removeEventListener('abort', abort);
      raise();
      await Promise.all(runners.map((thread) => thread.end()));
    },
  };
}

/** In a thread of ours, or in the process of a user's protocol. */
class EitherCells implements CellRunner {
  private readonly sandboxed = new SandboxedCells();

  constructor(private readonly thread: SweepThread) {}

  get events(): number {
    return this.thread.events;
  }

  async run(cell: number, manifest: Manifest): Promise<CellResult | null> {
    return manifest.userProtocol === undefined
      ? await this.thread.run(cell, manifest)
      : await this.sandboxed.run(manifest);
  }

  /** The thread hears of it by itself. */
  stop(): void {
    this.sandboxed.end();
  }

  async end(): Promise<void> {
    this.sandboxed.end();
    await this.thread.end();
  }
}

export interface RecordedOptions {
  /** Of the job: the same cell is the same session, also after a restart. */
  readonly id: string;
  readonly runner: SessionRunner;
  readonly recording: Manifest['recording'];
  readonly signal: AbortSignal;
}

export function sessionRunners(count: number, options: RecordedOptions): CellRunners {
  return {
    runners: Array.from({ length: count }, () => new RecordedCells(options)),
    end: () => Promise.resolve(),
  };
}

class RecordedCells implements CellRunner {
  readonly events = 0;
  private sessionId: string | null = null;

  constructor(private readonly options: RecordedOptions) {}

  async run(cell: number, manifest: Manifest, name: string): Promise<CellResult | null> {
    const { id, runner, recording, signal } = this.options;
    const idempotency = { key: `sweep ${id} cell ${cell}`, fingerprint: 'sweep' };
    const { scenario, protocol, seed, scheduler, invariants, parameters, costs, limits, userProtocol } =
      manifest;
    const asked = { scenario, protocol, seed, scheduler, invariants, parameters, costs, limits, recording };
    const request = userProtocol === undefined ? asked : { ...asked, userProtocol };
    const session = await runner.create(request, { name, idempotency }).catch((error: unknown) => {
      if (!isStoreError(error, 'store_closed')) throw error;
      return null;
    });
    if (session === null) {
      // The server stops; the job hears of it in a moment.
      if (!signal.aborted) await once(signal, 'abort');
      return null;
    }
    this.sessionId = session.id;
    const abort = (): void => {
      // A stop of the server interrupts sessions by itself, and they go on with it.
      if (signal.reason === 'cancelled') void this.cancel();
    };
    signal.addEventListener('abort', abort, { once: true });
    try {
      for (;;) {
        const now = await runner.done(session.id);
        if (signal.aborted) return null;
        if (isSealed(now.state)) {
          if (now.progress?.outcome != null) return cellResult(now.progress, now.id);
          const outcome = now.state === 'cancelled' ? 'cancelled' : 'failed';
          return { outcome, reason: now.reason, fullDigest: '', values: null, sessionId: now.id };
        }
        await sleep(PAUSED_POLL_MS, undefined, { signal }).catch(() => undefined);
      }
    } finally {
      signal.removeEventListener('abort', abort);
      this.sessionId = null;
    }
  }

  private async cancel(): Promise<void> {
    if (this.sessionId === null) return;
    await this.options.runner.cancel(this.sessionId).catch((error: unknown) => {
      // It had come to its end, or was deleted.
      if (!isStoreError(error, 'state_conflict') && !isStoreError(error, 'session_not_found')) throw error;
    });
  }
}

// A replay by schedule of a session whose protocol a user brought: the rows go to the process that runs the protocol.
import { ProtocolFault } from '../core/base/errors.js';
import type { Difference } from '../core/run/replay-by-schedule.js';
import type { StoredNumbers } from '../core/run/stored-numbers.js';
import type { ScheduleReplayer } from '../sessions/inspection/replay.js';
import type { ScheduleVerdict } from '../sessions/inspection/replay-result.js';
import type { Stored } from '../sessions/inspection/stored.js';
import type { DecisionLog } from '../store/event-store.port.js';
import { Sandbox } from './sandbox.js';

export class SandboxedReplay implements ScheduleReplayer {
  difference: Difference | null = null;
  /** It is in the other process; the fold is held against the snapshot. */
  readonly world = null;
  private readonly opened: Promise<Sandbox>;
  /** Why nothing more is compared. */
  private verdict: ScheduleVerdict | null = null;
  private rows = 0;

  constructor(stored: Stored, decisions: DecisionLog) {
    this.opened = this.open(stored, decisions);
    // It is asked for at the first page.
    this.opened.catch(() => undefined);
  }

  private async open(stored: Stored, decisions: DecisionLog): Promise<Sandbox> {
    const sandbox = await Sandbox.open(stored.manifest.userProtocol!);
    await sandbox.ask('replay', { stored: { ...stored, snapshot: null }, decisions });
    return sandbox;
  }

  async take(rows: StoredNumbers): Promise<void> {
    await this.attempt(async (sandbox) => {
      this.difference = (await sandbox.ask('rows', rows)).difference;
      this.rows += rows.length;
    });
  }

  async finish(): Promise<ScheduleVerdict> {
    await this.attempt(async (sandbox) => {
      const { verdict, difference } = await sandbox.ask('finish', null);
      this.difference = difference;
      this.verdict = verdict;
    });
    return this.verdict!;
  }

  close(): void {
    this.opened.then(
      (sandbox) => sandbox.close(),
      () => undefined,
    );
  }

  private async attempt(work: (sandbox: Sandbox) => Promise<void>): Promise<void> {
    if (this.verdict !== null) return;
    let loaded = false;
    try {
      const sandbox = await this.opened;
      loaded = true;
      await work(sandbox);
    } catch (error) {
      if (!(error instanceof ProtocolFault)) throw error;
      // The text could be loaded when the session was made.
      const outcome = loaded ? 'differs' : 'engine_differs';
      this.verdict = { verified: false, outcome, rows: this.rows, digest: null, detail: error.message };
    }
  }
}

// Simulation threads that have nothing to do, kept for the next session: starting one costs more than many a short run.
import { SimulationThread } from './simulation-thread.js';

export class IdleThreads {
  private readonly idle: SimulationThread[] = [];

  /** @param most that are kept; @param yielding they give way to whoever answers requests */
  constructor(
    private readonly most: number,
    private readonly yielding: boolean,
  ) {}

  take(): SimulationThread {
    for (;;) {
      const thread = this.idle.pop();
      if (thread === undefined) return new SimulationThread(this.yielding);
      if (thread.alive) return thread;
    }
  }

  giveBack(thread: SimulationThread): void {
    if (thread.alive && this.idle.length < this.most) this.idle.push(thread);
    else void thread.terminate();
  }

  async end(): Promise<void> {
    await Promise.all(this.idle.splice(0).map((thread) => thread.terminate()));
  }
}

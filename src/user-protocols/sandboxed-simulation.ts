// Runs one order of a session whose protocol a user brought: as a SimulationThread, but in a process that is never used again.
import type { MessagePort } from 'node:worker_threads';
import { ProtocolFault } from '../core/base/errors.js';
import type { RunOrder, Verdict } from '../sessions/runner/messages.js';
import { Sandbox } from './sandbox.js';

export class SandboxedSimulation {
  /** Not for a second order. */
  readonly alive = false;
  private sandbox: Sandbox | null = null;
  private stopping = false;

  async run({ port, ...order }: RunOrder): Promise<Verdict> {
    try {
      this.sandbox = await Sandbox.open(order.manifest.userProtocol!);
    } catch (error) {
      port.close();
      return loadVerdict(error);
    }
    try {
      return await this.simulate(this.sandbox, order, port);
    } catch (error) {
      return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
    } finally {
      port.close();
      this.sandbox.close();
    }
  }

  private async simulate(
    sandbox: Sandbox,
    order: Omit<RunOrder, 'port'>,
    port: MessagePort,
  ): Promise<Verdict> {
    sandbox.onPort = (message) => port.postMessage(message);
    port.on('message', (message: unknown) => sandbox.send({ kind: 'port', message }));
    const verdict = sandbox.ask('simulate', order);
    if (this.stopping) this.requestStop();
    return await verdict;
  }

  requestStop(): void {
    this.stopping = true;
    this.sandbox?.send({ kind: 'stop' });
  }

  terminate(): Promise<void> {
    this.sandbox?.close();
    return Promise.resolve();
  }
}

/** The text was loaded when the session was made: that it no longer can be is the engine's doing, unless it met a limit. */
function loadVerdict(error: unknown): Verdict {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof ProtocolFault && error.kind !== 'time' && error.kind !== 'memory')
    return { kind: 'refused', message: `engine_differs: ${message}`, diskFull: false };
  return { kind: 'failed', message };
}

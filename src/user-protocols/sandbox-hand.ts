// A process of a user's protocol that is asked one thing after the other, and begun anew when the protocol has ended it: rows of the
// catalogue, rules to be dropped.
import { ProtocolFault } from '../core/base/errors.js';
import type { UserProtocolText } from '../core/protocols/user-api.js';
import type { QuestionName, Questions } from './messages.js';
import { Sandbox } from './sandbox.js';

export class SandboxHand {
  private sandbox: Sandbox | null = null;

  constructor(private readonly text: UserProtocolText) {}

  static async once<N extends QuestionName>(
    text: UserProtocolText,
    name: N,
    question: Questions[N][0],
  ): Promise<Questions[N][1]> {
    return await Sandbox.once(text, name, question);
  }

  /** Aborted: its process is ended, and the promise rejected with the signal's reason. */
  async ask<N extends QuestionName>(
    name: N,
    question: Questions[N][0],
    signal: AbortSignal,
  ): Promise<Questions[N][1]> {
    signal.throwIfAborted();
    const stop = (): void => this.end();
    signal.addEventListener('abort', stop, { once: true });
    try {
      this.sandbox ??= await Sandbox.open(this.text);
      return await this.sandbox.ask(name, question);
    } catch (error) {
      signal.throwIfAborted();
      // It may be gone.
      if (error instanceof ProtocolFault) this.end();
      throw error;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  end(): void {
    this.sandbox?.close();
    this.sandbox = null;
  }
}

// The execution of a fork under a protocol that a user brought: each question goes to the process that runs the protocol.
import type { UserProtocolText } from '../core/protocols/user-api.js';
import type {
  FollowAsked,
  Followed,
  ForkParent,
  ForkPlace,
  ForkPointAsked,
  ForkPointFound,
  ForkSlice,
  HistoryAsked,
} from '../sessions/inspection/fork-execution.js';
import { Sandbox } from './sandbox.js';

export class SandboxedForks implements ForkPlace {
  private constructor(
    private readonly sandbox: Sandbox,
    private readonly protocol: string,
  ) {}

  /** @param protocol the text's, or that without one of its rules */
  static async open(text: UserProtocolText, protocol: string): Promise<SandboxedForks> {
    return new SandboxedForks(await Sandbox.open(text), protocol);
  }

  digest(constants: Readonly<Record<string, number>>): Promise<string> {
    return this.sandbox.ask('link', { constants, protocol: this.protocol });
  }
  async begin(parent: ForkParent): Promise<void> {
    await this.sandbox.ask('forkBegin', parent);
  }
  slice(): Promise<ForkSlice> {
    return this.sandbox.ask('forkSlice', null);
  }
  point(asked: ForkPointAsked): Promise<ForkPointFound> {
    return this.sandbox.ask('forkPoint', asked);
  }
  sameHistory(asked: HistoryAsked): Promise<boolean> {
    return this.sandbox.ask('forkHistory', asked);
  }
  follow(asked: FollowAsked): Promise<Followed> {
    return this.sandbox.ask('forkFollow', asked);
  }
  close(): void {
    this.sandbox.close();
  }
}

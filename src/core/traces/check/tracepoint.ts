// An event that stands beside another one. Whether its probe is on nobody says; but on or off, it is so for the whole trace.
import { type Refusal, refuse } from './rules.js';

/** An event that stands beside another one: both are on or off for the whole trace. */
export class Tracepoint {
  private seen = false;
  private silentAt = 0;

  constructor(private readonly name: string) {}

  spoke(): Refusal | null {
    if (!this.seen && this.silentAt > 0)
      return refuse('call-order', `${this.name} is on, and was silent at event ${this.silentAt}`);
    this.seen = true;
    return null;
  }

  wasSilent(now: number, where: string): Refusal | null {
    if (this.seen) return refuse('call-order', `${where}, and ${this.name} was silent`);
    this.silentAt ||= now;
    return null;
  }
}

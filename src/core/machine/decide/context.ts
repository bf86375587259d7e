// What decide may look at besides the world: fixed inputs of the run, and the guest.
import type { World } from '../../aggregates/world.js';
import type { Decision } from '../batch.js';
import type { GuestModel } from '../guest-port.js';
import type { OpRecord } from '../op.js';
import type { Env } from '../procedure.js';

export interface DecideContext {
  readonly env: Env;
  readonly guest: GuestModel;
  /** A vCPU that exits this often without retiring an instruction makes no progress (watchdog). */
  readonly watchdogExits: number;
  /** Set in a search: a yield is taken when the chosen branch says so, not when somebody waits. */
  readonly needbreak: ((w: World, lock: number) => number) | null;
}

/** Answers an op; appends events to `out` or waits. Reads the world, never writes it. */
export type Decide = (w: World, o: OpRecord, out: Decision, ctx: DecideContext) => number;

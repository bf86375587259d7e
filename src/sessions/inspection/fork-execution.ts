// What of a fork is executed: the session to its fork point, and its history and decisions under another protocol. It runs
// where the protocol may run: on the inspection thread, or in the process of a user's (user-protocols/sandboxed-forks.ts).
// Plain data in and out; who reads the store is the order.
import { BadInput } from '../../core/base/errors.js';
import { link, type Protocol } from '../../core/protocols/protocol.js';
import type { Manifest, Mark, RunChunk, RunProgress, SnapshotBytes } from '../../core/run/contract.js';
import { type ForkChanges, forkManifest, toForkPoint, tryDifference } from '../../core/run/fork.js';
import type { Simulation } from '../../core/run/simulation.js';
import type { buildSimulation } from '../build-simulation.js';

const SLICE_STEPS = 50_000;

/** A session up to its fork point. */
export interface ForkParent {
  readonly manifest: Manifest;
  readonly marks: readonly Mark[];
  /** Where it begins; null: at the start. */
  readonly snapshot: SnapshotBytes | null;
  /** Events of the full stream that the fork shares at least. */
  readonly until: number;
}

export interface ForkSlice {
  readonly chunks: readonly Pick<RunChunk, 'columns' | 'expectedPosition'>[];
  /** Of the machine behind them. */
  readonly snapshot: SnapshotBytes | null;
  /** The fork point is reached: nothing came any more. */
  readonly done: boolean;
}

export interface ForkPointAsked {
  readonly session: string;
  readonly at: number;
  /** As it is stored. */
  readonly manifest: Manifest;
  readonly changes: ForkChanges;
  /** False: decisions and commands are tried under another protocol. */
  readonly tried: boolean;
}

export interface ForkPointFound {
  /** Of the fork, under the session's own protocol. */
  readonly manifest: Manifest;
  readonly point: RunProgress;
}

export interface HistoryAsked {
  /** Under the other protocol, with the fork as if the history were shared. */
  readonly manifest: Manifest;
  readonly point: RunProgress;
  readonly marks: readonly Mark[];
}

export interface FollowAsked {
  /** Without forks: it runs from the start. */
  readonly manifest: Manifest;
  /** Thread and steps in turn; null: of a live session no decisions are followed. */
  readonly decisions: readonly number[] | null;
  /** Taken behind them. */
  readonly behind: readonly { readonly thread: number; readonly steps: number }[];
}

export interface Followed {
  readonly steps: number;
  /** Why the decisions could not be followed to their end; null: they could. */
  readonly stopped: string | null;
}

type Awaitable<T> = T | Promise<T>;

export interface ForkPlace {
  /** Digest of what is linked with a scenario's constants. */
  digest(constants: Readonly<Record<string, number>>): Awaitable<string>;
  begin(parent: ForkParent): Awaitable<void>;
  slice(): Awaitable<ForkSlice>;
  /** Throws BadInput where nothing follows the fork point, or what is asked for cannot be had there. */
  point(asked: ForkPointAsked): Awaitable<ForkPointFound>;
  /** The session under the other protocol comes to the same fork point with the same events. */
  sameHistory(asked: HistoryAsked): Awaitable<boolean>;
  follow(asked: FollowAsked): Awaitable<Followed>;
  close(): void;
}

export class ForkExecution implements ForkPlace {
  private simulation: Simulation | null = null;
  private walk: Iterator<RunChunk[]> | null = null;

  /** @param checkCancelled throws when nobody waits any more */
  constructor(
    private readonly protocolOf: () => Protocol,
    private readonly build: (...asked: Parameters<typeof buildSimulation>) => Simulation,
    private readonly checkCancelled: () => void,
  ) {}

  digest(constants: Readonly<Record<string, number>>): string {
    return link(this.protocolOf(), constants).digest;
  }

  begin({ manifest, marks, snapshot, until }: ForkParent): void {
    this.simulation = this.build(manifest, { marks });
    if (snapshot !== null) this.simulation.restore(snapshot);
    this.walk = toForkPoint(this.simulation, until);
  }

  slice(): ForkSlice {
    this.checkCancelled();
    const { done = false, value } = this.walk!.next();
    if (done) return { chunks: [], snapshot: null, done };
    const chunks = value as RunChunk[];
    return {
      chunks: chunks.map(({ columns, expectedPosition }) => ({ columns, expectedPosition })),
      snapshot: chunks.at(-1)?.snapshot ?? null,
      done,
    };
  }

  point({ session, at, manifest, changes, tried }: ForkPointAsked): ForkPointFound {
    const simulation = this.simulation!;
    if (simulation.outcome !== null) {
      throw new BadInput(
        'fork-ended',
        `session ${session} ended (${simulation.outcome}) in the step at position ${at}: nothing follows it; expected an earlier position`,
      );
    }
    const point = simulation.progress();
    const forked = forkManifest(manifest, { session, at }, point, simulation.threadNames, changes);
    if (tried) tryDifference(simulation, forked.forks!.at(-1)!.difference);
    return { manifest: forked, point };
  }

  sameHistory({ manifest, point, marks }: HistoryAsked): boolean {
    const simulation = this.build(manifest, { marks, snapshots: false });
    try {
      while (simulation.steps < point.steps && simulation.outcome === null) {
        const { steps } = simulation;
        simulation.advance(Math.min(SLICE_STEPS, point.steps - steps));
        if (simulation.steps === steps) return false;
        this.checkCancelled();
      }
    } catch (error) {
      // A decision that an earlier fork was given cannot be taken here.
      if (error instanceof BadInput && error.code === 'thread-cannot-run') return false;
      throw error;
    }
    if (simulation.outcome !== null) return false;
    simulation.handOverNow();
    const { steps, ordinal, fullDigest } = simulation.progress();
    return steps === point.steps && ordinal === point.ordinal && fullDigest === point.fullDigest;
  }

  follow({ manifest, decisions, behind }: FollowAsked): Followed {
    const simulation = this.build(manifest, { snapshots: false });
    const stopped =
      decisions === null
        ? 'the commands are given again, each where the session waits'
        : follow(simulation, decisions);
    const { steps } = simulation;
    if (behind.length > 0) simulation.force(behind);
    return { steps, stopped };
  }

  close(): void {
    this.simulation = null;
    this.walk = null;
  }
}

/** Why the decisions could not be followed to their end; null: they could. */
function follow(simulation: Simulation, decisions: readonly number[]): string | null {
  const pairs = Array.from({ length: decisions.length / 2 }, (_, k) => ({
    thread: decisions[2 * k]!,
    steps: decisions[2 * k + 1]!,
  }));
  try {
    simulation.force(pairs);
  } catch (error) {
    if (error instanceof BadInput && error.code === 'thread-cannot-run') return error.message;
    throw error;
  }
  return simulation.outcome === null ? null : `the run ended (${simulation.outcome})`;
}

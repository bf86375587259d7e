// Holds the chunks of one session against each other and its progress: they join up without a gap, their decisions
// decode, name known threads, and come to as many steps as the session has taken.
import { ByteReader } from '../base/varint.js';
import { E } from '../events/catalogue.js';
import { OUTSIDE } from '../scheduler/decision-log.js';
import type { RunProgress } from './contract.js';
import { ROW_NUMBERS, type StoredNumbers } from './stored-numbers.js';
import { type Faults, type KnownNames, MAX_TOLD_FAULTS, type RowMark } from './verify-rows.js';

export interface StoredChunk {
  readonly number: number;
  /** Its decisions led from the end of `fromPosition` to the end of `toPosition`. */
  readonly fromPosition: number;
  readonly toPosition: number;
  readonly toOrdinal: number;
  readonly decisions: Uint8Array;
  /** Session whose chunk it is; a fork reads its parent's. */
  readonly owner: number;
  /** Smaller than `toPosition` where a fork left its parent inside this chunk. */
  readonly validTo: number;
}

const MAX_THREAD = 255;
const COUNTED = E.Counted;

export class ChunksVerifier {
  /** Steps that the decisions so far come to; null where a fork point cuts a chunk. */
  steps: number | null = 0;
  private position = 0;
  private owner = 0;
  private number = 0;
  /** Threads of the present chunk's turns, the turn that the last row came from, and how far rows were followed. */
  private turns: readonly number[] = [];
  private turn = 0;
  private followed = 0;
  private lost = false;
  private readonly unknown = new Set<number>();
  private pending: { readonly chunk: StoredChunk; readonly lastOrdinal: number } | null = null;

  constructor(
    private readonly names: KnownNames,
    private readonly full: boolean,
    /** An imported session's chunks do not say at which ordinal they end. */
    private readonly imported: boolean,
    private readonly faults: Faults,
    /** The rows come from a trace: nobody decided anything. */
    private readonly traced = false,
  ) {}

  /** Before the rows of the chunk are looked at. */
  take(chunk: StoredChunk): void {
    const { owner, number, fromPosition, toPosition } = chunk;
    if (fromPosition !== this.position) {
      this.fault(
        'chunk',
        fromPosition,
        `chunk ${number} begins at ${fromPosition}, the one before ends at ${this.position}`,
      );
    }
    if (toPosition < fromPosition) {
      this.fault('chunk', fromPosition, `chunk ${number} ends at ${toPosition}, before it begins`);
    }
    if (owner === this.owner && number !== this.number + 1) {
      this.fault('chunk', fromPosition, `chunk ${number} follows chunk ${this.number}`);
    }
    this.owner = owner;
    this.number = number;
    this.position = chunk.validTo;
    const steps = this.decode(chunk);
    this.steps = this.steps === null || chunk.validTo < toPosition ? null : this.steps + steps;
  }

  /** After the rows of the chunk: `mark` is where they end. */
  ended(chunk: StoredChunk, mark: RowMark): void {
    this.settle(mark.lastOrdinal);
    // Where a fork point cuts the chunk, its end is the parent's alone.
    if (chunk.validTo < chunk.toPosition || this.imported) return;
    const { toOrdinal, number } = chunk;
    const { lastOrdinal } = mark;
    if (this.full ? toOrdinal !== lastOrdinal : toOrdinal < lastOrdinal) {
      this.fault(
        'chunk',
        mark.position,
        `chunk ${number} ends at ordinal ${toOrdinal}, its rows at ${lastOrdinal}`,
      );
    }
    // At `lifecycle` events may still be counted at the end of a chunk: the next row says how many they came to.
    if (!this.full && toOrdinal > lastOrdinal) this.pending = { chunk, lastOrdinal };
  }

  /** The next chunk with rows ends: what was being counted has become a row. */
  private settle(lastOrdinal: number): void {
    if (this.pending === null || lastOrdinal === this.pending.lastOrdinal) return;
    const { chunk } = this.pending;
    this.pending = null;
    if (chunk.toOrdinal > lastOrdinal) {
      this.fault(
        'chunk',
        chunk.toPosition,
        `chunk ${chunk.number} ends at ordinal ${chunk.toOrdinal}, later rows end at ${lastOrdinal}`,
      );
    }
  }

  finish(position: number, progress: RunProgress | null): void {
    if (this.position !== position) {
      this.fault(
        'chunk',
        this.position,
        `the chunks end at position ${this.position}, the session at ${position}`,
      );
    }
    if (progress === null || this.steps === null) return;
    if (this.steps !== progress.steps) {
      this.fault(
        'decisions',
        null,
        `the decisions come to ${this.steps} steps, the session has taken ${progress.steps}`,
      );
    }
  }

  /**
   * Rows of the chunk, in order: every one must come from a turn of its thread, and turns follow each other as decided.
   * A turn may have left no row.
   */
  follow(page: StoredNumbers): void {
    const { turns } = this;
    if (this.lost || this.traced) return;
    for (let k = 0; k < page.length * ROW_NUMBERS; k += ROW_NUMBERS) {
      const thread = page.numbers[k];
      // What was counted may have begun in the chunk before.
      if (page.numbers[k + 1] === COUNTED || turns[this.turn] === thread) continue;
      const next = turns.indexOf(thread, this.turn + 1);
      if (next < 0) {
        const position = this.followed + k / ROW_NUMBERS + 1;
        this.fault(
          'decisions',
          position,
          `its thread ${thread} has no turn here by the decisions of chunk ${this.number}`,
        );
        this.lost = true;
        return;
      }
      this.turn = next;
    }
    this.followed += page.length;
  }

  private decode({ number, decisions, fromPosition }: StoredChunk): number {
    const reader = new ByteReader(decisions);
    const turns: number[] = [];
    let sum = 0;
    try {
      while (!reader.done) {
        const thread = reader.uint();
        const steps = reader.uint();
        // Not steps: so many outside inputs met the run here.
        if (thread === OUTSIDE) continue;
        if (thread > MAX_THREAD || this.names.threadSince[thread] === Number.POSITIVE_INFINITY)
          this.unknownThread(thread, number, fromPosition);
        if (steps < 1 || !Number.isSafeInteger(steps)) {
          this.fault('decisions', fromPosition, `a decision of chunk ${number} is for ${steps} steps`);
        }
        sum += steps;
        turns.push(thread);
      }
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.fault('decisions', fromPosition, `the decisions of chunk ${number} end in the middle of a number`);
    }
    this.turns = turns;
    this.turn = 0;
    this.followed = fromPosition;
    this.lost = false;
    return sum;
  }

  /** Told once. */
  private unknownThread(thread: number, chunk: number, position: number): void {
    if (this.unknown.has(thread) || this.unknown.size >= MAX_TOLD_FAULTS) return;
    this.unknown.add(thread);
    const message = `a decision of chunk ${chunk} is for thread ${thread}, which is not in the dictionary`;
    this.fault('decisions', position, message);
  }

  private fault(rule: string, position: number | null, message: string): void {
    this.faults.add(rule, position, message);
  }
}

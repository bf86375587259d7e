// Which line of the trace each event of an imported session came from. The stored chunks of lines say where their events begin,
// and each line how many it made.
import { readLines } from '../core/imports/event-codec.js';
import type { TraceLines } from '../store/imports.port.js';
import { unpackLines } from './line-chunk.js';

/** Chunks of lines from a number on, at most so many. */
export type FetchLines = (from: number, limit: number) => Promise<readonly TraceLines[]>;

interface OpenChunk {
  readonly number: number;
  /** Position behind which its events stand. */
  readonly after: number;
  /** Line of each of its events. */
  readonly lineOf: Uint32Array;
}

export class EventLines {
  private open: OpenChunk | null = null;

  constructor(private readonly fetch: FetchLines) {}

  /** @param positions in ascending order. @returns a line number each; 0 where none is known */
  async of(positions: ArrayLike<number>): Promise<number[]> {
    const lines: number[] = [];
    for (let i = 0; i < positions.length; i++) {
      const position = positions[i]!;
      if (!this.covers(position)) this.open = await this.find(position);
      lines.push(this.open === null ? 0 : (this.open.lineOf[position - this.open.after - 1] ?? 0));
    }
    return lines;
  }

  private covers(position: number): boolean {
    const { open } = this;
    return open !== null && position > open.after && position <= open.after + open.lineOf.length;
  }

  /** The last chunk whose events begin in front of the position. */
  private async find(position: number): Promise<OpenChunk | null> {
    const begins = async (number: number): Promise<TraceLines | null> => {
      const [chunk] = await this.fetch(number, 1);
      return chunk !== undefined && chunk.afterPosition < position ? chunk : null;
    };
    // Going on from where it is, in steps that grow; then by halves.
    let low = this.open !== null && this.open.after < position ? this.open.number : 1;
    let found = await begins(low);
    if (found === null) return null;
    let step = 1;
    for (let next = await begins(low + step); next !== null; next = await begins(low + step)) {
      found = next;
      low += step;
      step *= 2;
    }
    for (let high = low + step; high - low > 1; ) {
      const middle = Math.floor((low + high) / 2);
      const chunk = await begins(middle);
      if (chunk === null) high = middle;
      else {
        found = chunk;
        low = middle;
      }
    }
    return openChunk(found);
  }
}

function openChunk(chunk: TraceLines): OpenChunk {
  const lines = readLines(unpackLines(chunk));
  const lineOf = new Uint32Array(lines.reduce((sum, { rows }) => sum + rows, 0));
  let at = 0;
  for (const { lineNumber, rows } of lines) {
    lineOf.fill(lineNumber, at, at + rows);
    at += rows;
  }
  return { number: chunk.number, after: chunk.afterPosition, lineOf };
}

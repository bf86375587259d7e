// A session file from outside, block by block, as parts that a store can take. Everything is checked that can be checked
// without running it: form, checksums, order, names, positions, event types, and at the end the digests, which are
// computed again from the rows. Only when this generator has ended without an error is the session whole.
import { createHash } from 'node:crypto';
import { BadInput } from '../../core/base/errors.js';
import { EVENT_BY_CODE } from '../../core/events/catalogue.js';
import { decodeRows, type RowBlock } from '../../core/exports/row-block.js';
import { StoredDigest } from '../../core/run/stored-digest.js';
import { isTrace } from '../../core/run/trace-session.js';
import { chunkTimeline } from '../../store/channel/chunk-timeline.js';
import { EMPTY_PART, type ImportPart, type TraceLines } from '../../store/imports.port.js';
import type { StoreLimits } from '../../store/store.limits.js';
import { readDecisionBlock } from './decision-blocks.js';
import { type Block, type BlockName, BlockReader, damagedFile } from './frames.js';
import { readEnd, readHead, readMarks, readNames, type SessionHead } from './head.js';
import { readSnapshotBlock } from './snapshot-block.js';
import { type ReadLines, readLinesBlock, readTraceSummary } from './trace-block.js';

export type Read =
  | { readonly kind: 'head'; readonly head: SessionHead }
  | { readonly kind: 'part'; readonly part: ImportPart };

/** Kinds come in this order, each as often as it likes but the first and the last. */
const ORDER: readonly BlockName[] = [
  'session',
  'names',
  'rows',
  'decisions',
  'inputs',
  'trace',
  'lines',
  'snapshot',
  'end',
];

export async function* readSessionFile(
  source: AsyncIterable<Uint8Array>,
  limits: Pick<StoreLimits, 'maxSnapshotBytes'>,
): AsyncGenerator<Read> {
  const hash = createHash('sha256');
  const blocks = new BlockReader(source, (bytes) => hash.update(bytes));
  const first = await blocks.next();
  if (first.kind !== 'session') throw damagedFile(`its first block is one of kind ${first.kind}`);
  const head = readHead(first.body);
  const check = new ContentCheck(head);
  yield { kind: 'head', head };
  let count = 1;
  let last: BlockName = 'names';
  for (let block = await blocks.next(); ; block = await blocks.next()) {
    if (ORDER.indexOf(block.kind) < ORDER.indexOf(last))
      throw damagedFile(`a block of kind ${block.kind} after one of kind ${last}`);
    last = block.kind;
    if (block.kind === 'end') {
      const end = readEnd(block.body);
      if (end.blocks !== count || end.rows !== check.position || end.sha256 !== hash.digest('hex'))
        throw damagedFile('its end block tells of another content');
      if (!(await blocks.atEnd())) throw damagedFile('something follows its end block');
      check.end();
      return;
    }
    count++;
    yield { kind: 'part', part: partOf(block, check, limits) };
  }
}

function partOf(
  { kind, body }: Block,
  check: ContentCheck,
  limits: Pick<StoreLimits, 'maxSnapshotBytes'>,
): ImportPart {
  switch (kind) {
    case 'names':
      return { ...EMPTY_PART, names: check.names(readNames(body)) };
    case 'rows':
      return { ...EMPTY_PART, rows: check.rows(decodeRows(body)) };
    case 'inputs':
      return { ...EMPTY_PART, marks: check.marks(readMarks(body)) };
    case 'decisions':
      return { ...EMPTY_PART, decisions: check.decisions(readDecisionBlock(body)) };
    case 'trace':
      return { ...EMPTY_PART, traceSummary: check.traceSummary(readTraceSummary(body)) };
    case 'lines':
      return { ...EMPTY_PART, traceLines: [check.traceLines(readLinesBlock(body))] };
    case 'snapshot':
      return { ...EMPTY_PART, snapshots: [check.snapshot(readSnapshotBlock(body, limits.maxSnapshotBytes))] };
    default:
      throw damagedFile(`a second block of kind ${kind}`);
  }
}

/** What the content must satisfy as it passes by. */
class ContentCheck {
  position = 0;
  private readonly digest: StoredDigest;
  private readonly threads = new Uint8Array(256);
  private readonly sites = new Uint8Array(65_536);
  private decidedTo = 0;
  /** Outside input that came last. */
  private last = { number: 0, position: 0, step: 0 };
  private readonly snapshotsAt = new Set<number>();
  private hasTrace = false;
  /** Chunk of a trace's lines that came last, and the position behind its events. */
  private lastLines = { number: 0, toLine: 0, after: 0 };

  constructor(private readonly head: SessionHead) {
    this.digest = new StoredDigest(head.session.manifest.recording);
    // Events outside any function.
    this.sites[0] = 1;
  }

  names(names: ImportPart['names']): ImportPart['names'] {
    for (const { entry, since } of names) {
      const known = entry.kind === 'thread' ? this.threads : this.sites;
      if (known[entry.id] !== 0) throw damagedFile(`${entry.kind} ${entry.id} is named twice`);
      if (since > this.head.position) throw damagedFile(`${entry.kind} ${entry.id} is named after the end`);
      // A caller is known before its callee: so the chain of callers ends.
      if (entry.kind === 'site' && (entry.parent >= entry.id || this.sites[entry.parent] === 0))
        throw damagedFile(`site ${entry.id} has no caller ${entry.parent}`);
      known[entry.id] = 1;
    }
    return names;
  }

  rows(block: RowBlock): NonNullable<ImportPart['rows']> {
    const { from, columns } = block;
    if (from !== this.position + 1)
      throw damagedFile(`events from position ${from}, expected ${this.position + 1}`);
    const { thread, site, type, length } = columns;
    for (let i = 0; i < length; i++) {
      if (
        EVENT_BY_CODE[type[i]!] === undefined ||
        this.threads[thread[i]!] === 0 ||
        this.sites[site[i]!] === 0
      ) {
        throw damagedFile(
          `the event at ${from + i} has type ${type[i]}, thread ${thread[i]}, site ${site[i]}: one of them is not known`,
        );
      }
    }
    this.position += length;
    if (this.position > this.head.position) throw damagedFile('it has more events than it says');
    this.digest.take(columns);
    return { from, columns, timeline: chunkTimeline(columns, from) };
  }

  decisions(chunks: ImportPart['decisions']): ImportPart['decisions'] {
    for (const { fromPosition, toPosition } of chunks) {
      // A chunk that a fork point cut reaches beyond the next one's beginning.
      if (fromPosition > this.decidedTo) throw damagedFile(`decisions are missing at ${this.decidedTo}`);
      this.decidedTo = Math.max(this.decidedTo, toPosition);
    }
    return chunks;
  }

  marks(marks: ImportPart['marks']): ImportPart['marks'] {
    for (const { number, position, step } of marks) {
      const { last } = this;
      if (number !== last.number + 1 || position < last.position || step < last.step)
        throw damagedFile(`outside input ${number} does not follow ${last.number}`);
      if (position > this.head.position) throw damagedFile(`outside input ${number} is after the end`);
      this.last = { number, position, step };
    }
    return marks;
  }

  traceSummary(summary: string): string {
    if (this.hasTrace || !isTrace(this.head.session.manifest))
      throw damagedFile('a second trace, or one of a session that is no imported one');
    this.hasTrace = true;
    return summary;
  }

  traceLines({ chunk, rows }: ReadLines): TraceLines {
    const { number, fromLine, toLine, afterPosition } = chunk;
    const { lastLines } = this;
    if (!this.hasTrace || number !== lastLines.number + 1)
      throw damagedFile(`chunk ${number} of the trace's lines does not follow ${lastLines.number}`);
    if (fromLine < lastLines.toLine || toLine < fromLine || afterPosition < lastLines.after)
      throw damagedFile(`chunk ${number} of the trace's lines is not behind the one before it`);
    const after = afterPosition + rows;
    if (after > this.head.position)
      throw damagedFile(`chunk ${number} of the trace's lines has events that the session does not have`);
    this.lastLines = { number, toLine, after };
    return chunk;
  }

  snapshot(snapshot: ImportPart['snapshots'][number]): ImportPart['snapshots'][number] {
    const { position } = snapshot;
    if (position > this.head.position || this.snapshotsAt.has(position))
      throw damagedFile(`a second snapshot, or one beyond the end, at ${position}`);
    this.snapshotsAt.add(position);
    return snapshot;
  }

  end(): void {
    const { position, progress } = this.head;
    if (this.position !== position) throw damagedFile(`it has ${this.position} events, it says ${position}`);
    if (this.decidedTo < position) throw damagedFile(`decisions are missing from ${this.decidedTo} on`);
    const difference = progress === null ? null : this.digest.difference(progress);
    if (difference === null) return;
    const { what, stored, found } = difference;
    throw new BadInput(
      'session-file-forged',
      `the events of the session file do not have the ${what} that it states: ${found}, stated is ${stored}`,
    );
  }
}

// Exports of stored sessions: each in a thread of its own, a bounded number at a time, as blocks that are made when they
// are asked for. A plain class: the server and the command line use it alike.
import { Worker } from 'node:worker_threads';
import { MAX_EXPORTS } from '../config/limits.js';
import { BadInput } from '../core/base/errors.js';
import { ORIGIN_CODES, oneClock, shiftsOf } from '../core/compare/one-clock.js';
import { MAX_BLOCK_ROWS } from '../core/exports/row-block.js';
import { compiledEntry } from '../sessions/compiled-entry.js';
import type { EventStore } from '../store/event-store.port.js';
import { isSealed, type SessionRecord } from '../store/session.js';
import { limitExceeded, storeFailed } from '../store/store.errors.js';
import { errorOf } from './failures.js';
import { checkBeside, type ExportRequest, FORMATS, rangeOf } from './formats.js';
import type { ExportOrder, ExportPart, FromExport, Given, ToExport, Wanted } from './messages.js';
import type { SessionHead } from './session-file/head.js';

const PAGE_ROWS = 16_384;
/** Blocks that the thread may make before the first one was taken. */
const BLOCKS_AHEAD = 2;

const ALONE: ExportPart = { index: 0, of: 1, origin: null, zeroNs: 0, shiftNs: 0 };

export interface StartedExport {
  readonly mediaType: string;
  readonly fileName: string;
  readonly blocks: AsyncGenerator<Uint8Array>;
}

export class ExportService {
  private readonly threads = new Set<Worker>();

  constructor(private readonly store: EventStore) {}

  /** Resolves when the first block is there, so that what is wrong from the start is an error here. */
  async start(sessionId: string, request: ExportRequest): Promise<StartedExport> {
    checkBeside(sessionId, request);
    const ids = [sessionId, ...(request.beside ?? [])];
    const parts = ids.length === 1 ? [ALONE] : await this.partsOf(ids);
    const orders: ExportOrder[] = [];
    for (const [k, id] of ids.entries()) orders.push(await this.orderOf(id, request, parts[k]!));
    checkTogether(request.format, orders);
    if (this.threads.size >= MAX_EXPORTS)
      throw limitExceeded('MAX_EXPORTS', MAX_EXPORTS, this.threads.size + 1, 'exports at once');
    const blocks = this.runAll(orders);
    const first = await blocks.next();
    const { mediaType, suffix } = FORMATS[request.format];
    return {
      mediaType,
      fileName: `${ids.length === 1 ? 'session' : 'sessions'}-${ids.join('-')}.${suffix}`,
      blocks: behind(first, blocks),
    };
  }

  async stop(): Promise<void> {
    await Promise.all([...this.threads].map((thread) => thread.terminate()));
  }

  /** One clock for all of them: the first thing that they have in common. */
  private async partsOf(ids: readonly string[]): Promise<ExportPart[]> {
    const firsts: (number | null)[][] = [];
    for (const id of ids) {
      const times: (number | null)[] = [];
      for (const code of ORIGIN_CODES) times.push(await this.firstOf(id, code));
      firsts.push(times);
    }
    const clock = oneClock(firsts);
    const shifts = shiftsOf(clock);
    return ids.map((_, index) => ({
      index,
      of: ids.length,
      origin: clock.origin === null ? null : `first ${clock.origin}`,
      zeroNs: clock.zeroNs[index]!,
      shiftNs: shifts[index]!,
    }));
  }

  private async firstOf(id: string, type: number): Promise<number | null> {
    for (let from: number | null = 1; from !== null; ) {
      const page = await this.store.readRows(id, { from, limit: 1, filters: { types: [type] } });
      if (page.rows.length > 0) return page.rows.timeNs[0]!;
      from = page.next;
    }
    return null;
  }

  private async *runAll(orders: readonly ExportOrder[]): AsyncGenerator<Uint8Array> {
    for (const order of orders) yield* this.run(order);
  }

  private async orderOf(sessionId: string, request: ExportRequest, part: ExportPart): Promise<ExportOrder> {
    const { format } = request;
    const session = await this.store.getSession(sessionId);
    const range = rangeOf(request, session.position);
    const whole = format === 'session';
    const head = headOf(session, whole);
    return {
      format,
      sessionId,
      head,
      range,
      part,
      names: await this.store.namesSince(sessionId),
      decisions: whole ? await this.store.decisions(sessionId) : null,
      marks: whole ? await this.store.marks(sessionId) : [],
      trace: session.kind === 'imported' ? await this.store.traceSummary(sessionId) : null,
      snapshots: request.snapshots === true,
      threads: request.threads ?? null,
      pageRows: Math.min(
        whole || format === 'parquet' ? MAX_BLOCK_ROWS : PAGE_ROWS,
        this.store.limits.maxPageRows,
      ),
    };
  }

  private async *run(order: ExportOrder): AsyncGenerator<Uint8Array> {
    const thread = new Worker(compiledEntry(import.meta.url, './export.worker'), { name: 'export' });
    this.threads.add(thread);
    const told: FromExport[] = [];
    let wake: (() => void) | null = null;
    let lost: Error | null = null;
    const onward = (): void => {
      wake?.();
      wake = null;
    };
    const fail = (error: unknown): void => {
      lost ??= error instanceof Error ? error : storeFailed(String(error));
      onward();
    };
    const say = (message: ToExport, transfer: readonly ArrayBuffer[] = []): void =>
      thread.postMessage(message, transfer);
    thread.on('message', (message: FromExport) => {
      if (message.kind === 'wanted') {
        this.give(order, message.wanted).then(
          (given) => say({ kind: 'given', given }, buffersOf(given)),
          fail,
        );
        return;
      }
      told.push(message);
      onward();
    });
    thread.on('error', fail);
    thread.on('exit', () => fail(storeFailed('the export thread ended early')));
    try {
      say({ kind: 'order', order });
      for (let k = 0; k < BLOCKS_AHEAD; k++) say({ kind: 'next' });
      for (;;) {
        const message = told.shift();
        if (message === undefined) {
          if (lost !== null) throw lost as Error;
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        } else if (message.kind === 'block') {
          yield message.block;
          say({ kind: 'next' });
        } else if (message.kind === 'end') {
          return;
        } else if (message.kind === 'failed') {
          throw errorOf(message.failure);
        }
      }
    } finally {
      // It holds no connection to the database: it may be ended anywhere.
      this.threads.delete(thread);
      await thread.terminate();
    }
  }

  private async give({ sessionId }: ExportOrder, wanted: Wanted): Promise<Given> {
    if (wanted.what === 'snapshot') return await this.store.latestSnapshot(sessionId, wanted.atOrBefore);
    if (wanted.what === 'traceLines')
      return await this.store.traceLines(sessionId, wanted.from, wanted.limit);
    const { from, to } = wanted;
    return (await this.store.readNumbers(sessionId, from, to - from + 1, to)).rows;
  }
}

/** The limit of a format is one of a file. */
function checkTogether(format: ExportRequest['format'], orders: readonly ExportOrder[]): void {
  const { maxEvents } = FORMATS[format];
  const events = orders.reduce((sum, { range }) => sum + range.to - range.from + 1, 0);
  if (maxEvents === null || events <= maxEvents.value) return;
  throw new BadInput(
    'export-too-large',
    `${events} events are too many for the format ${format}: at most ${maxEvents.value} (${maxEvents.name}); perfetto has no such limit`,
    ['perfetto'],
  );
}

function headOf(session: SessionRecord, whole: boolean): SessionHead {
  const { kind, state, reason, manifest, createdAt, position, progress, parent, name, note } = session;
  if (whole && (state === 'running' || state === 'queued')) {
    throw new BadInput(
      'session-under-way',
      `session ${session.id} is ${state}; a session file holds one that has ended, is paused or waits for a command`,
      ['pause'],
    );
  }
  const kept = isSealed(state) ? (state as SessionHead['session']['state']) : 'paused';
  return {
    session: { kind, state: kept, reason, manifest, createdAt },
    position,
    progress,
    forkedFrom: parent,
    name,
    note,
  };
}

function buffersOf(given: Given): ArrayBuffer[] {
  if (given === null || !('numbers' in given)) return [];
  return [given.numbers.buffer as ArrayBuffer];
}

async function* behind(
  first: IteratorResult<Uint8Array, void>,
  rest: AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    if (first.done !== true) yield first.value;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}

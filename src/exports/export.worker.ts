// Entry of an export thread: turns pages of rows into blocks of one format, one order, then it ends. Everything that
// takes time per row happens here and not on the main thread.
import { parentPort } from 'node:worker_threads';
import { ensure } from '../core/base/assert.js';
import type { SnapshotBytes } from '../core/run/contract.js';
import type { StoredNumbers } from '../core/run/stored-numbers.js';
import type { EventRows } from '../store/event-rows.js';
import type { TraceLines } from '../store/imports.port.js';
import { failureOf } from './failures.js';
import type { ExportOrder, FromExport, Given, ToExport, Wanted } from './messages.js';
import { columnsOf } from './stored-columns.js';
import { WRITERS } from './writers/index.js';
import type { ExportContext } from './writers/writer.js';

const port = ensure(parentPort, 'the port to the main thread');

let given: ((given: Given) => void) | null = null;
let asked = 0;
let onAsked: (() => void) | null = null;

function tell(message: FromExport, transfer: readonly ArrayBuffer[] = []): void {
  port.postMessage(message, transfer);
}

function want(wanted: Wanted): Promise<Given> {
  return new Promise((resolve) => {
    given = resolve;
    tell({ kind: 'wanted', wanted });
  });
}

class Context implements ExportContext {
  readonly pages: ExportContext['pages'];
  readonly snapshots: ExportContext['snapshots'];

  constructor(readonly order: ExportOrder) {
    // Bound: writers take them apart.
    this.pages = (from = order.range.from, to = order.range.to) => this.readPages(from, to);
    this.snapshots = () => this.readSnapshots();
  }

  private async *readPages(first: number, last: number): AsyncGenerator<EventRows> {
    const { sessionId, pageRows } = this.order;
    for (let from = first; from <= last; from += pageRows) {
      const to = Math.min(last, from + pageRows - 1);
      const numbers = (await want({ what: 'rows', from, to })) as StoredNumbers;
      yield columnsOf(sessionId, from, numbers);
    }
  }

  async traceLines(from: number, limit: number): Promise<readonly TraceLines[]> {
    return (await want({ what: 'traceLines', from, limit })) as readonly TraceLines[];
  }

  private async *readSnapshots(): AsyncGenerator<SnapshotBytes> {
    for (let at = this.order.head.position; at >= 0; ) {
      const snapshot = (await want({ what: 'snapshot', atOrBefore: at })) as SnapshotBytes | null;
      if (snapshot === null) return;
      yield snapshot;
      at = snapshot.position - 1;
    }
  }
}

async function run(order: ExportOrder): Promise<void> {
  for await (const block of WRITERS[order.format](new Context(order))) {
    if (block.length === 0) continue;
    if (asked === 0) {
      await new Promise<void>((resolve) => {
        onAsked = resolve;
      });
    }
    asked--;
    // Its own memory, so that it can change hands.
    const own = block.byteLength === block.buffer.byteLength ? block : block.slice();
    tell({ kind: 'block', block: own }, [own.buffer as ArrayBuffer]);
  }
}

port.on('message', (message: ToExport) => {
  switch (message.kind) {
    case 'order':
      run(message.order)
        .then(() => tell({ kind: 'end' }))
        .catch((error: unknown) => tell({ kind: 'failed', failure: failureOf(error) }))
        .finally(() => port.close());
      return;
    case 'given':
      given?.(message.given);
      return;
    case 'next':
      asked++;
      onAsked?.();
      onAsked = null;
  }
});

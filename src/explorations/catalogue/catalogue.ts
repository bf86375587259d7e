// The catalogue: rows on all cores, each by one thread; what needs no answer is a row at once. A violated row's counterexample
// goes to whoever stores sessions; one at a time, while the other rows are searched.
import { Worker } from 'node:worker_threads';
import { ensure } from '../../core/base/assert.js';
import {
  type CatalogueCell,
  type CatalogueFilter,
  catalogueCells,
  isAsked,
} from '../../core/catalogue/cells.js';
import type { UserProtocolText } from '../../core/protocols/user-api.js';
import type { RunRequest } from '../../core/run/manifest.js';
import { compiledEntry } from '../../sessions/compiled-entry.js';
import { SandboxHand } from '../../user-protocols/sandbox-hand.js';
import type { CatalogueReply, CatalogueThreadData } from './catalogue.worker.js';
import { type AnsweredRow, answerRow, type CatalogueRow } from './row.js';

export interface CatalogueOptions extends CatalogueFilter {
  readonly workers: number;
  /** The protocol is the user's: each row is answered in a process of its own. */
  readonly userProtocol?: UserProtocolText | undefined;
  /** Behind everything else that runs on this machine: for a server. */
  readonly politely?: boolean;
  readonly progress?: (done: number, of: number) => void;
  /** Stores a session, to its end; its id. Without it rows have none. */
  readonly store?: ((session: RunRequest) => Promise<string>) | undefined;
  /** Aborted: the rows that are not answered yet are given up, and the promise is rejected with its reason. */
  readonly signal?: AbortSignal;
}

export interface CatalogueResult {
  readonly rows: readonly CatalogueRow[];
  /** Rows that did not come out as expected. */
  readonly failed: number;
}

/** Throws BadInput for a bug or a protocol that is not in the table, ProtocolFault for what a user's protocol does. */
export async function runCatalogue(options: CatalogueOptions): Promise<CatalogueResult> {
  const { bug, protocol, userProtocol } = options;
  const cells =
    userProtocol === undefined ? catalogueCells({ bug, protocol }) : await cellsOf(userProtocol, bug);
  const rows = cells.map((): CatalogueRow | undefined => undefined);
  const asked: number[] = [];
  for (const [k, cell] of cells.entries()) {
    if (isAsked(cell)) asked.push(k);
    else rows[k] = (await answerRow(cell)).row;
  }
  const stopped = new AbortController();
  const signals = options.signal === undefined ? [stopped.signal] : [stopped.signal, options.signal];
  const signal = AbortSignal.any(signals);
  let done = 0;
  let storing: Promise<unknown> = Promise.resolve();
  const stored = (k: number, session: RunRequest): void => {
    storing = storing.then(async () => {
      const row = rows[k];
      if (row !== undefined) rows[k] = { ...row, sessionId: (await options.store?.(session)) ?? null };
    });
    storing.catch((error: unknown) => stopped.abort(error));
  };
  const finished = (k: number, { row, session }: AnsweredRow): void => {
    rows[k] = row;
    if (session !== null && options.store !== undefined) stored(k, session);
    options.progress?.(++done, asked.length);
  };
  const queue = asked.values();
  const threads = Array.from({ length: Math.min(options.workers, asked.length) }, () =>
    userProtocol === undefined
      ? work({ bug, protocol, politely: options.politely ?? false }, queue, finished, signal)
      : workAlone(userProtocol, cells, queue, finished, signal),
  );
  // One that fails ends the others, too.
  for (const thread of threads) thread.catch((error: unknown) => stopped.abort(error));
  await Promise.all(threads);
  await storing;
  const all = rows.filter((row) => row !== undefined);
  return { rows: all, failed: all.filter((row) => !row.ok).length };
}

/** As `work`, in the process of a protocol that a user brought. */
async function workAlone(
  text: UserProtocolText,
  cells: readonly CatalogueCell[],
  queue: Iterator<number>,
  finished: (index: number, answered: AnsweredRow) => void,
  signal: AbortSignal,
): Promise<void> {
  const hand = new SandboxHand(text);
  try {
    for (let next = queue.next(); next.done !== true; next = queue.next()) {
      signal.throwIfAborted();
      const cell = ensure(cells[next.value], 'a cell of this number');
      finished(next.value, await hand.ask('catalogueRow', cell, signal));
    }
  } finally {
    hand.end();
  }
}

/** What is asked of a protocol that a user brought. */
export async function cellsOf(
  text: UserProtocolText,
  bug: string | undefined,
): Promise<readonly CatalogueCell[]> {
  return await SandboxHand.once(text, 'catalogueCells', { bug: bug ?? null });
}

/** One thread: takes the next cell until there is none. */
function work(
  workerData: CatalogueThreadData,
  queue: Iterator<number>,
  finished: (index: number, answered: AnsweredRow) => void,
  signal: AbortSignal,
): Promise<void> {
  const entry = compiledEntry(import.meta.url, './catalogue.worker');
  const worker = new Worker(entry, { name: 'catalogue', workerData });
  return new Promise((resolve, reject) => {
    const stop = (): void => end(() => reject(signal.reason as Error));
    const end = (settle: () => void): void => {
      signal.removeEventListener('abort', stop);
      void worker.terminate().then(settle, reject);
    };
    const next = (): void => {
      const { value, done } = queue.next();
      if (done === true) end(resolve);
      else worker.postMessage(value);
    };
    worker.on('message', (reply: CatalogueReply) => {
      if ('error' in reply) {
        end(() => reject(new Error(reply.error)));
        return;
      }
      finished(reply.index, reply.answered);
      next();
    });
    worker.on('error', (error) => end(() => reject(error)));
    if (signal.aborted) stop();
    else {
      signal.addEventListener('abort', stop, { once: true });
      next();
    }
  });
}

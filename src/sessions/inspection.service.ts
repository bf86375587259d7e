// Replays and states of stored sessions, each in a thread of its own so that the main thread stays free; a bounded
// number at a time. A plain class: the server and the command line use it alike.
import { Worker } from 'node:worker_threads';
import { MAX_INSPECTIONS } from '../config/limits.js';
import type { EventStore } from '../store/event-store.port.js';
import { limitExceeded, queryRefused, storeFailed } from '../store/store.errors.js';
import { compiledEntry } from './compiled-entry.js';
import type { FromThread, InspectionOrder, PageMessage, Stored } from './inspection/messages.js';
import { REPLAY_KINDS, type ReplayKind, type ReplayResult } from './inspection/replay-result.js';
import type { StateView } from './inspection/state-view.js';

type PageWanted = Extract<FromThread, { kind: 'pageWanted' }>;

const PAGE_ROWS = 16_384;
const AT_ONCE = 2;
const KEPT_STATES = 16;

export class InspectionService {
  private open = 0;
  private readonly waiting: (() => void)[] = [];
  private readonly threads = new Set<Worker>();
  /** The last states asked for, by session and position. */
  private readonly states = new Map<string, Promise<StateView>>();

  constructor(private readonly store: EventStore) {}

  /** Both replays of what is committed now. */
  async replay(sessionId: string, by: readonly ReplayKind[] = REPLAY_KINDS): Promise<ReplayResult> {
    return await this.inTurn(async () => {
      const stored = await this.stored(sessionId);
      if (stored.position === 0)
        throw queryRefused(`session ${sessionId} has no stored events`, 'a session that has run');
      const { bytes: decisions } = await this.store.decisions(sessionId);
      const answer = await this.ask(sessionId, {
        kind: 'replay',
        by,
        decisions,
        ...stored,
        pageRows: this.pageRows,
      });
      if (answer.kind === 'replayed') return answer.result;
      throw storeFailed(`the replay thread answered ${answer.kind}`);
    });
  }

  /** VMs, vCPUs and roots at the committed end. */
  async state(sessionId: string): Promise<StateView> {
    const { position } = await this.store.getSession(sessionId);
    const key = `${sessionId}@${position}`;
    let state = this.states.get(key);
    if (state === undefined) {
      state = this.inTurn(() => this.computeState(sessionId));
      this.states.set(key, state);
      state.catch(() => this.states.delete(key));
      const oldest = this.states.keys().next().value;
      if (this.states.size > KEPT_STATES && oldest !== undefined) this.states.delete(oldest);
    }
    return await state;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.threads].map((thread) => thread.terminate()));
  }

  private async computeState(sessionId: string): Promise<StateView> {
    const stored = await this.stored(sessionId);
    const answer = await this.ask(sessionId, { kind: 'state', ...stored, pageRows: this.pageRows });
    if (answer.kind === 'state') return answer.state;
    throw storeFailed(`the state thread answered ${answer.kind}`);
  }

  private get pageRows(): number {
    return Math.min(PAGE_ROWS, this.store.limits.maxPageRows);
  }

  private async stored(sessionId: string): Promise<Stored> {
    const { manifest, position, progress } = await this.store.getSession(sessionId);
    const snapshot = await this.store.latestSnapshot(sessionId, position);
    return { manifest, position, progress, snapshot };
  }

  private ask(sessionId: string, order: InspectionOrder): Promise<FromThread> {
    return new Promise((resolve, reject) => {
      const thread = new Worker(compiledEntry(import.meta.url, './inspection/inspection.worker'), {
        name: 'inspection',
      });
      this.threads.add(thread);
      const giveUp = (error: unknown): void => {
        reject(error);
        void thread.terminate();
      };
      thread.on('message', (message: FromThread) => {
        if (message.kind === 'pageWanted')
          this.sendPage(thread, sessionId, message, order.position).catch(giveUp);
        else if (message.kind === 'failed') reject(storeFailed(message.message));
        else resolve(message);
      });
      thread.on('error', reject);
      thread.on('exit', () => {
        this.threads.delete(thread);
        reject(storeFailed('the inspection thread ended without an answer'));
      });
      thread.postMessage(order);
    });
  }

  private async sendPage(thread: Worker, sessionId: string, wanted: PageWanted, to: number): Promise<void> {
    const { from, columns } = wanted;
    const { rows } =
      columns === 'fold'
        ? await this.store.readFold(sessionId, from, this.pageRows, to)
        : await this.store.readNumbers(sessionId, from, this.pageRows, to);
    const buffers = Object.values(rows).filter(ArrayBuffer.isView);
    const page: PageMessage = { kind: 'page', rows };
    thread.postMessage(page, [...new Set(buffers.map((column) => column.buffer as ArrayBuffer))]);
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    const asked = this.open + this.waiting.length;
    if (asked >= MAX_INSPECTIONS)
      throw limitExceeded('MAX_INSPECTIONS', MAX_INSPECTIONS, asked + 1, 'replays and states at once');
    if (this.open >= AT_ONCE) await new Promise<void>((resolve) => this.waiting.push(resolve));
    this.open++;
    try {
      return await work();
    } finally {
      this.open--;
      this.waiting.shift()?.();
    }
  }
}

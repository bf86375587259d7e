// Rows as they reach an inspection thread: while one page is worked on, the next is being read.
import type { MessagePort } from 'node:worker_threads';
import type { EventRows } from '../../store/event-rows.js';
import type { FromThread, ToThread } from './messages.js';

export class PageSource {
  private coming: Promise<EventRows | null> | null = null;
  private arrived: ((rows: EventRows | null) => void) | null = null;

  constructor(
    private readonly port: MessagePort,
    private from: number,
    private readonly to: number,
  ) {
    port.on('message', (message: ToThread) => {
      if (message.kind === 'page') this.arrived?.(message.rows);
    });
  }

  /** The next rows without gaps, or null after the last. */
  async next(): Promise<EventRows | null> {
    const rows = await (this.coming ?? this.ask());
    if (rows === null) return null;
    this.from += rows.length;
    this.coming = this.ask();
    return rows;
  }

  private ask(): Promise<EventRows | null> {
    if (this.from > this.to) return Promise.resolve(null);
    return new Promise((resolve) => {
      this.arrived = resolve;
      this.port.postMessage({ kind: 'pageWanted', from: this.from } satisfies FromThread);
    });
  }
}

// One session as server-sent events: the same messages as a WebSocket client's, pulled by the socket that they are
// written to. `id` is the last position that a message covers, so that a client that says it again in Last-Event-ID
// goes on behind it.
import type { FeedHub, Opened } from './feed-hub.js';
import type { SubscribeFrame } from './live.schemas.js';
import { messageOf } from './message.js';

export interface EventStream {
  readonly opened: Opened;
  readonly chunks: AsyncIterable<Uint8Array | string>;
  /** Ends the chunks: the client is gone, or the server stops. Safe to call twice. */
  close(): void;
}

/** Milliseconds after which a client should come again. */
const RETRY_MS = 1_000;

export async function openEventStream(hub: FeedHub, asked: SubscribeFrame): Promise<EventStream> {
  let wake = (): void => undefined;
  let closed = false;
  const opened = await hub.open(asked, () => wake());
  const { subscription } = opened;

  async function* chunks(): AsyncGenerator<Uint8Array | string> {
    const { from, position, state } = opened;
    const answer = from > position ? 'nothing-missed' : 'replay';
    const { session, encoding } = asked;
    yield `retry: ${RETRY_MS}\n${eventText({ kind: 'subscribed', session, from, answer, position, state, encoding })}`;
    while (!closed) {
      while (!closed && subscription.ready()) {
        for (const { bytes, position: id } of await subscription.take()) {
          if (typeof bytes === 'string') yield `event: ${kindOf(bytes)}\ndata: ${bytes}\n\n`;
          else {
            yield `id: ${id}\nevent: events\ndata: `;
            yield bytes;
            yield '\n\n';
          }
        }
      }
      if (closed || subscription.ended) return;
      const woken = await new Promise<boolean>((resolve) => {
        const timer = setTimeout(() => resolve(false), hub.limits.heartbeatMs);
        wake = () => {
          clearTimeout(timer);
          resolve(true);
        };
      });
      if (!woken) yield ': heartbeat\n\n';
    }
  }

  return {
    opened,
    chunks: chunks(),
    close() {
      closed = true;
      subscription.close();
      wake();
    },
  };
}

function eventText(frame: Parameters<typeof messageOf>[0]): string {
  return `event: ${frame.kind}\ndata: ${messageOf(frame).bytes as string}\n\n`;
}

function kindOf(json: string): string {
  return (JSON.parse(json) as { readonly kind: string }).kind;
}

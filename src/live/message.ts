// What goes to one client, in order: messages, and the things that they are pulled from.
import { CATALOGUE, E } from '../core/events/catalogue.js';
import { SUBJECTS } from '../core/events/define.js';
import type { ServerFrame, SessionChange } from './live.schemas.js';
import type { Head } from './session-feed.js';

export interface Message {
  /** Shared by all readers of the same events: never written to. */
  readonly bytes: Uint8Array | string;
  readonly binary: boolean;
  /** Events in it. */
  readonly events: number;
  /** Set on messages of events: the last position that it covers. */
  readonly position?: number;
  /** Not sent again to a client that has it. */
  readonly once?: true;
}

/** Something that has messages for a client. */
export interface Pulled {
  ready(): boolean;
  take(): Promise<readonly Message[]>;
  /** Nothing will come any more. */
  readonly ended: boolean;
  close(): void;
}

export function messageOf(frame: ServerFrame): Message {
  return { bytes: JSON.stringify(frame), binary: false, events: 0 };
}

/** What codes in compact events mean. */
export const CATALOGUE_MESSAGE: Message = {
  ...messageOf({
    kind: 'catalogue',
    types: Object.fromEntries(
      CATALOGUE.map(({ code, name, values }) => [code, { name, values: [...values] }]),
    ),
    subjects: [...SUBJECTS],
    counted: E.Counted,
  }),
  once: true,
};

export function changeOf(session: string, { state, position, progress }: Head): SessionChange {
  if (progress === null) return { session, state, position, progress };
  const { ordinal: events, steps, timeNs, rootAllocations, findings, outcome } = progress;
  return {
    session,
    state,
    position,
    progress: { events, steps, timeNs, rootAllocations, findings, outcome },
  };
}

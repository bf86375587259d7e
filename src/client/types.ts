// The words of the API as types, from the schemas that the server checks and documents itself with. Types only: nothing
// of the server is loaded with the client.
import type { z } from 'zod';
import type { LiveCommandInput } from '../core/scenarios/live/catalogue.js';
import type * as explorations from '../explorations/exploration.schemas.js';
import type { feedFilter, ServerFrame } from '../live/live.schemas.js';
import type * as commands from '../sessions/live/command.schemas.js';
import type * as schemas from '../sessions/session.schemas.js';

export type CreateSession = z.input<typeof schemas.createSession>;
export type Session = z.output<typeof schemas.session>;
export type SessionSummary = z.output<typeof schemas.sessionSummary>;
export type SessionPage = z.output<typeof schemas.sessionPage>;
export type RootlineEvent = z.output<typeof schemas.event>;
export type EventPage = z.output<typeof schemas.eventPage>;
export type ReplayResult = z.output<typeof schemas.replayResult>;
export type EventFilter = z.input<typeof feedFilter>;

export type { LiveCommandInput };
export type StoredCommand = z.output<typeof commands.storedCommand>;
export type CommandAnswer = z.output<typeof commands.commandAnswer>;
export type CommandList = z.output<typeof commands.commandList>;

/** How far a command or a step goes. */
export interface Until {
  /** Events of the full stream; null or absent: to where the session waits for a command. */
  readonly events?: number | null;
}

export interface SessionQuery {
  readonly limit?: number;
  readonly cursor?: string;
  readonly state?: string;
  readonly kind?: string;
  readonly scenario?: string;
  readonly protocol?: string;
}

export interface EventQuery extends EventFilter {
  readonly from?: number;
  readonly to?: number;
  readonly limit?: number;
}

/** The body of a problem+json answer. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly expected: readonly string[];
}

export type ExplorationProgress = z.output<typeof explorations.explorationProgress>;
export type Exploration = z.output<typeof explorations.exploration>;

type Frame<K extends ServerFrame['kind']> = Extract<ServerFrame, { kind: K }>;

export type { ServerFrame };
export type CatalogueFrame = Frame<'catalogue'>;
export type NamesFrame = Frame<'names'>;
/** How a job stands; `progress` of an exploration is an ExplorationProgress. */
export type JobNews = Omit<Frame<'job'>, 'kind'>;
export type SessionChanges = Omit<Frame<'sessions'>, 'kind'>;
/** What a live feed tells besides events. */
export type LiveNotice = Frame<'subscribed'> | Frame<'caught-up'> | Frame<'state'>;

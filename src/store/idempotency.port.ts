// Answers that were given to requests with an Idempotency-Key: the same key with the same request gets the same answer
// again. Sessions and commands keep their keys in the transaction that makes them (SessionExtra.idempotency); this is
// for everything else that makes something.
import type { Json } from './jobs.port.js';

export interface KeptAnswer {
  /** Of the request that it answered. */
  readonly fingerprint: string;
  readonly status: number;
  readonly location: string | null;
  readonly body: Json;
}

/** Answers that are kept; the oldest goes first. */
export const MAX_KEPT_ANSWERS = 10_000;

export interface AnswerStore {
  /** Null: the key was not used, or so long ago that it is forgotten. */
  find(key: string): Promise<KeptAnswer | null>;
  keep(key: string, answer: KeptAnswer): Promise<void>;
}

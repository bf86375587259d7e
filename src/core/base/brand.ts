// Branded numbers: a Gfn cannot be passed where a Slot is meant, at no cost while running.

export type Brand<T, B extends string> = T & { readonly __brand: B };

/** Session number in a store, as the decimal string that clients see. */
export type SessionId = Brand<string, 'SessionId'>;
/** Number of a stored event, from 1, without gaps. */
export type Position = Brand<number, 'Position'>;
/** Number of an event in the full stream, from 1; the same at every recording level. */
export type Ordinal = Brand<number, 'Ordinal'>;
/** Dense number of a simulated thread. */
export type ThreadId = Brand<number, 'ThreadId'>;
/** Interned (function, label) pair of one linked protocol. */
export type SiteId = Brand<number, 'SiteId'>;

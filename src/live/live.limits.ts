// The limits of the live feed, by name. A client that meets one is told its name; none lets memory grow with a slow
// reader: what a reader did not take stays in the store.

export interface LiveLimits {
  /** WebSocket connections and event streams together. */
  readonly maxClients: number;
  /** Sessions that one connection may be subscribed to at the same time. */
  readonly maxSubscriptions: number;
  /** Bytes of one message from a client; a longer one closes the connection with 1009. */
  readonly maxMessageBytes: number;
  /** Messages that a client may send in a second, twice as many after a rest. One more closes it with 4429. */
  readonly messagesPerSecond: number;
  /** Events in one message, and the width of the windows in which events are read: what makes messages shareable. */
  readonly frameEvents: number;
  /** Positions that one filtered message looks at. */
  readonly scanPositions: number;
  /** A client is given nothing while this many bytes wait to be taken by its socket. */
  readonly highWaterBytes: number;
  /** Bytes of messages kept for further readers. */
  readonly cacheBytes: number;
  /** Messages that are being read from the store at the same time; the other clients wait for their turn. */
  readonly concurrentReads: number;
  /** Commits that follow each other faster than this go into one message. */
  readonly batchMs: number;
  /** Progress of a session, and changes of all sessions, are told at most this often. */
  readonly progressMs: number;
  /** Sessions whose change waits for a client that watches all of them; above it, it is told to read the list. */
  readonly maxWaitingChanges: number;
  readonly heartbeatMs: number;
  /** A client that took nothing and answered no ping for this long is closed with 4408. */
  readonly silenceMs: number;
  /** Time for the token, where one is needed and did not come with the handshake; then 4401. */
  readonly tokenMs: number;
  /** Time that a client gets to answer a close frame before its socket is ended. */
  readonly closeMs: number;
}

export const DEFAULT_LIVE_LIMITS: LiveLimits = {
  maxClients: 128,
  maxSubscriptions: 64,
  maxMessageBytes: 16 * 1024,
  messagesPerSecond: 100,
  frameEvents: 4_096,
  scanPositions: 262_144,
  highWaterBytes: 1024 ** 2,
  cacheBytes: 32 * 1024 ** 2,
  concurrentReads: 2,
  batchMs: 20,
  progressMs: 250,
  maxWaitingChanges: 10_000,
  heartbeatMs: 15_000,
  silenceMs: 60_000,
  tokenMs: 5_000,
  closeMs: 2_000,
};

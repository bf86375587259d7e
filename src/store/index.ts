// What the rest of Rootline uses of the store.
export { ChunkChannel, DEFAULT_CREDIT } from './channel/chunk-channel.js';
export * from './event-rows.js';
export * from './event-store.port.js';
export * from './jobs.port.js';
export { MemoryEventStore } from './memory/memory-event-store.js';
export * from './readable-rows.js';
export * from './session.js';
export { type OpenOptions, openEventStore } from './sqlite/open-event-store.js';
export { findOwner } from './sqlite/owner-lock.js';
export { openEventReader } from './sqlite/sqlite-event-reader.js';
export { SqliteEventStore } from './sqlite/sqlite-event-store.js';
export { isStoreError, type OwnerInfo, StoreError, type StoreErrorCode } from './store.errors.js';
export { DEFAULT_LIMITS, type StoreLimits } from './store.limits.js';

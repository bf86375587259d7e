import { MemoryEventStore } from '../../src/store/index.js';
import { eventStoreContract } from './event-store.contract.js';

eventStoreContract({
  name: 'memory',
  open: async (limits) => new MemoryEventStore(limits),
  cleanUp: async () => undefined,
});

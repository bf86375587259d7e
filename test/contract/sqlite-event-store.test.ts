import { rmSync } from 'node:fs';
import { openEventStore } from '../../src/store/index.js';
import { newDataDir } from './data-dir.js';
import { eventStoreContract } from './event-store.contract.js';

let dataDir = '';

eventStoreContract({
  name: 'sqlite',
  open: (limits) => {
    dataDir = newDataDir();
    return openEventStore(dataDir, limits === undefined ? {} : { limits });
  },
  cleanUp: async () => rmSync(dataDir, { recursive: true, force: true }),
});

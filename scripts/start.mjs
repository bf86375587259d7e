// `npm start`: build if needed, then serve in this very process, so that Ctrl-C and SIGTERM reach the server itself.

import { buildIfNeeded } from './build-if-needed.mjs';

const code = buildIfNeeded();
if (code !== 0) process.exit(code);
await import('../dist/src/main.js');

// Appends to one data folder until it is killed, and says on stdout what was committed: "session position". Started by
// crash.test.ts; plain JavaScript on dist/, as the real program is.
import { openEventStore } from '../../../dist/src/store/index.js';

const MANIFEST = {
  scenario: 'crash',
  protocol: 'v5.18',
  seed: 1,
  scheduler: 'timed',
  recording: 'full',
  invariants: false,
  parameters: {},
  costs: {},
  limits: {},
  engine: 'test',
  protocolDigest: '',
  eventSchema: 1,
};
const ROWS_PER_SESSION = 60_000;

/** Column values are functions of the position: crash.test.ts computes the same. */
function chunkAfter(position, rows) {
  const column = (of) => Array.from({ length: rows }, (_, i) => of(position + 1 + i));
  const end = position + rows;
  return {
    expectedPosition: position,
    columns: {
      length: rows,
      skipped: new Float64Array(rows),
      timeNs: Float64Array.from(column((at) => at * 1000)),
      thread: Uint8Array.from(column((at) => at % 3)),
      site: Uint16Array.from(column((at) => 1 + (at % 50))),
      type: Uint8Array.from(column((at) => 1 + (at % 120))),
      subject: Int32Array.from(column((at) => (at % 9) * 16 + 3)),
      a: Int32Array.from(column((at) => at)),
      b: Int32Array.from(column((at) => -at)),
      c: new Int32Array(rows),
    },
    dictionary: position === 0 ? [{ kind: 'thread', id: 0, name: 'vcpu0' }] : [],
    decisions: new TextEncoder().encode(`${position}-${end};`),
    snapshot: { position: end, ordinal: end, layout: 'crash', bytes: new Uint8Array(2000).fill(end & 255) },
    marks: [],
    rest: null,
    progress: {
      ordinal: end,
      position: end,
      steps: end,
      timeNs: end,
      digest: '',
      fullDigest: '',
      rootAllocations: 0,
      findings: 0,
      counts: {},
      milestones: {},
      outcome: null,
      detail: null,
    },
  };
}

const store = await openEventStore(process.argv[2], { synchronous: process.argv[3] ?? 'normal' });
const say = (text) => new Promise((resolve) => process.stdout.write(`${text}\n`, resolve));
for (;;) {
  const { sessions } = await store.listSessions({ limit: 1, states: ['queued', 'interrupted', 'running'] });
  let session = sessions[0];
  if (session === undefined || session.position >= ROWS_PER_SESSION) {
    if (session !== undefined) {
      await say(`deleting ${session.id}`);
      await store.deleteSession(session.id);
      await say(`deleted ${session.id}`);
    }
    session = await store.createSession(MANIFEST, 'simulated');
  }
  await store.setState(session.id, 'running');
  await say(`${session.id} ${session.position}`);
  for (let at = session.position; at < ROWS_PER_SESSION; ) {
    const { toPosition } = await store.append(session.id, chunkAfter(at, 1 + ((at * 7919) % 3000)));
    at = toPosition;
    await say(`${session.id} ${at}`);
  }
}

// The list of sessions in rootline.sqlite against events.sqlite.
import type { InspectedSession, InspectedStore } from './inspected-store.js';
import type { TableFault } from './relations.js';
import { MAX_FAULTS_OF_RULE } from './relations.js';

const COLUMNS =
  'kind, state, scenario, protocol, seed, scheduler, recording, parent, parent_position, position, progress, created_at, updated_at';
/** What an owner that is at work writes a little later. */
const LAGGING = new Set(['state', 'position', 'progress', 'updated_at']);
const LAG_MS = 500;
const LAG_TRIES = 4;

type MirrorRow = { readonly [column: string]: string | number | null };

/** @param live an owner is at work: its list may lag behind, for as long as LAG_TRIES * LAG_MS */
export function mirrorFaults(
  store: InspectedStore,
  live: boolean,
  pause: (ms: number) => void,
): TableFault[] {
  const { metadata } = store;
  const faults: TableFault[] = [];
  const numbers = store.sessionNumbers();
  const read = metadata.prepare(`SELECT ${COLUMNS} FROM session WHERE id = ?`);
  let tries = live ? LAG_TRIES : 0;
  for (const number of numbers) {
    for (;;) {
      const session = store.session(number);
      // Deleted meanwhile.
      if (session === undefined) break;
      const row = read.get(number) as MirrorRow | undefined;
      const differs = difference(session, row, live);
      if (differs === null) break;
      if (tries > 0) {
        tries--;
        pause(LAG_MS);
        continue;
      }
      faults.push({ rule: 'list', session: number, message: differs });
      break;
    }
    if (faults.length >= MAX_FAULTS_OF_RULE) return faults;
  }
  const known = new Set(numbers);
  for (const id of metadata.prepare('SELECT id FROM session ORDER BY id').pluck().all() as number[]) {
    if (known.has(id) || store.session(id) !== undefined) continue;
    if (live && metadata.prepare('SELECT 1 FROM session WHERE id = ?').get(id) === undefined) continue;
    faults.push({
      rule: 'list',
      session: id,
      message: 'rootline.sqlite lists it, events.sqlite has no such session',
    });
  }
  return faults.slice(0, 2 * MAX_FAULTS_OF_RULE);
}

function difference(session: InspectedSession, row: MirrorRow | undefined, live: boolean): string | null {
  if (row === undefined) return 'rootline.sqlite does not list it';
  const expected = mirrorRowOf(session);
  // It moves while it is looked at.
  const moving = live && ['queued', 'running'].includes(session.state);
  for (const [column, value] of Object.entries(expected)) {
    if (row[column] === value || (moving && LAGGING.has(column))) continue;
    return `rootline.sqlite lists it with ${column} ${String(row[column])}, events.sqlite has ${String(value)}`;
  }
  return null;
}

function mirrorRowOf(session: InspectedSession): MirrorRow {
  const { kind, state, parent, parent_position, position, progress, created_at, updated_at } = session;
  const derived = { kind, state, parent, parent_position, position, progress, created_at, updated_at };
  try {
    const manifest = JSON.parse(session.manifest) as { readonly [name: string]: string | number };
    const { scenario, protocol, seed, scheduler, recording } = manifest;
    return { ...derived, scenario, protocol, seed, scheduler, recording };
  } catch {
    // Told by the check of the session itself.
    return derived;
  }
}

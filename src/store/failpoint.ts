// Named places in the store where a test can make it fail: ROOTLINE_FAILPOINT="name[@count]=action", several separated
// by commas. The count says at which visit (default: the first); a failpoint acts once. Unset it costs one comparison
// with null. Names and actions that are not known are refused, so that a test cannot pass by a misspelling.
import Database from 'better-sqlite3';
import { BadInput } from '../core/base/errors.js';

export const FAILPOINTS = [
  /** In the transaction of an append, after part of its rows. */
  'mid-batch',
  /** In the transaction of an append, between its rows and its snapshot. */
  'in-snapshot',
  /** Committed in events.sqlite; nobody knows yet. */
  'after-commit-before-notice',
  /** Committed in events.sqlite; the list in rootline.sqlite does not say so yet. */
  'between-files',
  /** In the transaction of a migration, between two statements. */
  'in-migration-events',
  'in-migration-metadata',
  /** Between two bounded steps of a removal. */
  'in-delete',
] as const;
export type FailpointName = (typeof FAILPOINTS)[number];

/**
 * kill: SIGKILL of this process. throw: an error to whoever called. die: an error that nobody catches, which ends this
 * thread. enospc: what SQLite says when the disk is full.
 */
export const FAILPOINT_ACTIONS = ['kill', 'throw', 'die', 'enospc'] as const;
export type FailpointAction = (typeof FAILPOINT_ACTIONS)[number];

interface Armed {
  readonly action: FailpointAction;
  visitsLeft: number;
}

const VARIABLE = 'ROOTLINE_FAILPOINT';

let armed: Map<string, Armed> | null = null;

/** Every thread of the store arms its own from the environment; throws BadInput when it does not make sense. */
export function armFailpoints(env: Readonly<Record<string, string | undefined>>): void {
  armed = parseFailpoints(env[VARIABLE] ?? '');
}

export function parseFailpoints(text: string): Map<string, Armed> | null {
  if (text === '') return null;
  const found = new Map<string, Armed>();
  for (const part of text.split(',')) {
    const [, name, count = '1', action] = /^([^@=]*)(?:@([^=]*))?=(.*)$/.exec(part) ?? [];
    const expected = `${VARIABLE} "${part}" is not known; expected name[@count]=action`;
    if (!FAILPOINTS.some((known) => known === name)) {
      throw new BadInput('failpoint', `${expected}, a name of: ${FAILPOINTS.join(', ')}`, FAILPOINTS);
    }
    const known = FAILPOINT_ACTIONS.find((one) => one === action);
    if (known === undefined || !/^[1-9][0-9]{0,8}$/.test(count)) {
      throw new BadInput(
        'failpoint',
        `${expected}, a count from 1, an action of: ${FAILPOINT_ACTIONS.join(', ')}`,
        FAILPOINT_ACTIONS,
      );
    }
    found.set(name!, { action: known, visitsLeft: Number(count) });
  }
  return found;
}

export function failpoint(name: FailpointName): void {
  if (armed !== null) visit(name, armed);
}

/** For places that are worth watching only where a failpoint is set. */
export function failpointsArmed(): boolean {
  return armed !== null;
}

function visit(name: FailpointName, points: Map<string, Armed>): void {
  const point = points.get(name);
  if (point === undefined || --point.visitsLeft > 0) return;
  points.delete(name);
  const error = new Error(`failpoint ${name}`);
  switch (point.action) {
    case 'kill':
      process.kill(process.pid, 'SIGKILL');
      return;
    case 'throw':
      throw error;
    case 'die':
      setImmediate(() => {
        throw error;
      });
      return;
    case 'enospc':
      throw new Database.SqliteError('database or disk is full', 'SQLITE_FULL');
  }
}

// Who changed a field of the state: the last event that did, or all of them, latest first, each with the value before and
// after, its thread and its stack.
import { BadInput } from '../../base/errors.js';
import { decodeEvent, E } from '../../events/catalogue.js';
import { subjectOf } from '../../events/define.js';
import { eventText } from '../event-text.js';
import { firstRow, type History, ownerOfRoot, type Place, placeOf } from '../history.js';
import type { Moment } from '../moment.js';
import { type PathReader, parsePath, type Value } from '../state-paths.js';
import { NOT_RECORDED } from '../words.js';
import { Candidates } from './candidates.js';
import { changersOf } from './changers.js';
import { spteTarget } from './spte-target.js';
import type { Target } from './target.js';

/** Changes of one answer. */
export const BLAME_CHANGES_MAX = 500;
export const BLAME_CHANGES_DEFAULT = 50;
/** Events that are looked at for one answer; where that ends the search, `next` says where to go on. */
export const BLAME_CHECKS_MAX = 2_000;

export interface BlameChange {
  readonly before: Value;
  readonly after: Value;
  readonly at: Place;
  readonly type: string;
  /** The event in words. */
  readonly event: string;
}

export interface Blame {
  readonly path: string;
  readonly at: number;
  readonly value: Value;
  /**
   * `found`; `never`: nothing has changed it since the beginning; `notRecorded`: the recording level did not keep it; `more`:
   * the search was bounded, ask again at `next`.
   */
  readonly outcome: 'found' | 'never' | 'notRecorded' | 'more';
  /** Latest first. */
  readonly changes: readonly BlameChange[];
  /** Position to ask at for older changes; null where there are none. */
  readonly next: number | null;
}

export interface BlameRequest {
  readonly path: string;
  readonly at: number;
  /** Not only the last change. */
  readonly all?: boolean;
  readonly limit?: number;
}

export function blame(history: History, request: BlameRequest): Blame {
  const { path, at } = request;
  const limit = request.all === true ? (request.limit ?? BLAME_CHANGES_DEFAULT) : 1;
  if (!Number.isInteger(limit) || limit < 1 || limit > BLAME_CHANGES_MAX) {
    throw new BadInput(
      'blame-limit',
      `limit must be a whole number from 1 to ${BLAME_CHANGES_MAX}, got ${limit}`,
    );
  }
  const moment = history.momentAt(at);
  const target = spteTarget(path, moment.world.vms) ?? new FieldTarget(history, path, at);
  const value = copy(target.read(moment));
  const answer = { path, at, value };
  if (value === NOT_RECORDED) return { ...answer, outcome: NOT_RECORDED, changes: [], next: null };

  const changes: BlameChange[] = [];
  let checks = 0;
  let position = at;
  while (changes.length < limit) {
    position = target.lastCandidate(history, position);
    if (position === 0) break;
    if (checks++ >= BLAME_CHECKS_MAX) return { ...answer, outcome: 'more', changes, next: position };
    const change = changeAt(history, target, position);
    if (change !== null) changes.push(change);
    position--;
  }
  const outcome = changes.length === 0 ? 'never' : 'found';
  const older = position > 0 && changes.length === limit ? target.lastCandidate(history, position) : 0;
  return { ...answer, outcome, changes, next: older === 0 ? null : older };
}

function changeAt(history: History, target: Target, position: number): BlameChange | null {
  const before = copy(target.read(history.momentAt(position - 1)));
  const after = copy(target.read(history.momentAt(position)));
  if (JSON.stringify(before) === JSON.stringify(after)) return null;
  const rows = history.rows({ from: position, to: position, limit: 1 });
  const event = decodeEvent(rows, 0);
  return { before, after, at: placeOf(history, rows, 0), type: event.type, event: eventText(event) };
}

/** Views are plain data and new at each reading, but a list in one may be the world's. */
function copy(value: Value): Value {
  return typeof value === 'object' && value !== null ? (JSON.parse(JSON.stringify(value)) as Value) : value;
}

/** A field of the state, as state-paths.ts reads it. */
class FieldTarget implements Target {
  private readonly reader: PathReader;
  private readonly candidates: Candidates;
  /** Handed out by the candidates, and not yet asked for. */
  private ahead = -1;

  constructor(history: History, path: string, at: number) {
    this.reader = readerOf(path, history.momentAt(at));
    const segments = path.split('.');
    const { world, threadNames } = history.momentAt(at);
    const ofRoot = segments[0] === 'tdp-mmus' && segments[2] === 'roots' ? Number(segments[3]) : 0;
    if (ofRoot > 0)
      ownerOfRoot(history, { root: ofRoot, vm: Number(segments[1]), to: history.end, known: null });
    const context = {
      vms: world.vms,
      vcpus: world.vcpus,
      threads: threadNames,
      rootAddress: ofRoot > 0 ? addressOf(history, ofRoot) : -1,
    };
    this.candidates = new Candidates(history, changersOf(segments, context), at);
  }

  read(moment: Moment): Value {
    return this.reader.read(moment);
  }

  lastCandidate(_history: History, to: number): number {
    while (this.ahead < 0 || this.ahead > to) {
      this.ahead = this.candidates.next();
      if (this.ahead === 0) return 0;
    }
    return this.ahead;
  }
}

/** Where the fields of a root are listed, the entry of a gfn is one more. */
function readerOf(path: string, moment: Moment): PathReader {
  try {
    return parsePath(path, moment);
  } catch (error) {
    if (!(error instanceof BadInput) || !error.expected.includes('refcount')) throw error;
    const more = 'spte.GFN';
    throw new BadInput(error.code, `${error.message}, ${more}`, [...error.expected, more]);
  }
}

function addressOf(history: History, root: number): number {
  const birth = firstRow(history, {
    from: 1,
    to: history.end,
    subject: subjectOf('root', root),
    types: [E.RootAllocated],
  });
  return birth === undefined ? -1 : birth.c[0];
}

// What a stretch of events does to one root, so that two stretches behind each other make one: a timeline's bucket keeps it beside
// its counts, and from the state before the first bucket follows the state at every bound. No bucket has to know what was before.

import { role_is_invalid } from '../aggregates/role.js';
import type { ByteReader, ByteWriter } from '../base/varint.js';
import { E, EVENT_BY_CODE } from '../events/catalogue.js';

/** Stored codes: append, never reorder. `gone`: not born yet, or freed. */
export const ROOT_STATES = ['valid', 'invalid', 'being zapped', 'waiting for RCU', 'gone'] as const;
export const ROOT_STATE = { valid: 0, invalid: 1, zapped: 2, waits: 3, gone: 4 } as const;

const BORN = 1;
const LISTED = 2;
const INVALIDATED = 4;
const ZAPPED = 8;
const WAITS = 16;
const FREED = 32;
const COUNTED = 64;

export interface RootSpan {
  flags: number;
  /** With BORN. */
  role: number;
  bornAt: number;
  /** With LISTED. */
  vm: number;
  /** Zaps begun less zaps ended. */
  zaps: number;
  /** With COUNTED: fewest and most references, and how many at the end; -1 is unknown. */
  least: number;
  most: number;
  count: number;
  /** With FREED. */
  freedAt: number;
}

export function emptySpan(): RootSpan {
  return { flags: 0, role: 0, bornAt: 0, vm: 0, zaps: 0, least: 0, most: 0, count: 0, freedAt: 0 };
}

/** Of each type, whether its second value is the count after it. */
export const ROOT_COUNTED = EVENT_BY_CODE.map(
  (def) => def?.subject === 'root' && def.values[1] === 'refcount',
);

/** One more event of the root. */
export function spanRow(span: RootSpan, type: number, a: number, b: number, position: number): void {
  if ((span.flags & FREED) !== 0) return;
  switch (type) {
    case E.RootAllocated:
    case E.RootFound:
      span.flags |= BORN | (role_is_invalid(a) ? INVALIDATED : 0);
      span.role = a;
      span.bornAt = position;
      break;
    case E.RootListed:
      span.flags |= LISTED;
      span.vm = a;
      break;
    case E.RootInvalidated:
      span.flags |= INVALIDATED;
      break;
    case E.RootZapStarted:
      span.flags |= ZAPPED;
      span.zaps++;
      break;
    case E.RootZapFinished:
      span.zaps--;
      break;
    case E.RootFreeQueued:
      span.flags |= WAITS;
      break;
    case E.RootFreed:
      span.flags |= FREED;
      span.freedAt = position;
      return;
  }
  if (ROOT_COUNTED[type] === true) countOne(span, b, b, b);
}

function countOne(span: RootSpan, least: number, most: number, count: number): void {
  const first = (span.flags & COUNTED) === 0;
  span.least = first ? least : Math.min(span.least, least);
  span.most = first ? most : Math.max(span.most, most);
  span.count = count;
  span.flags |= COUNTED;
}

/** The first stretch grows by the one behind it. */
export function joinSpans(into: RootSpan, next: RootSpan): void {
  if ((into.flags & FREED) !== 0) return;
  if ((next.flags & COUNTED) !== 0) countOne(into, next.least, next.most, next.count);
  if ((next.flags & BORN) !== 0) {
    into.role = next.role;
    into.bornAt = next.bornAt;
  }
  if ((next.flags & LISTED) !== 0) into.vm = next.vm;
  if ((next.flags & FREED) !== 0) into.freedAt = next.freedAt;
  into.zaps += next.zaps;
  into.flags |= next.flags;
}

/** @param from first position of the bucket */
export function writeSpan(w: ByteWriter, span: RootSpan, from: number): void {
  const { flags } = span;
  w.uint(flags);
  w.int(span.zaps);
  if ((flags & BORN) !== 0) {
    w.int(span.role);
    w.uint(span.bornAt - from);
  }
  if ((flags & LISTED) !== 0) w.uint(span.vm);
  if ((flags & COUNTED) !== 0) {
    w.int(span.least);
    w.int(span.most);
    w.int(span.count);
  }
  if ((flags & FREED) !== 0) w.uint(span.freedAt - from);
}

export function readSpan(r: ByteReader, from: number): RootSpan {
  const span = emptySpan();
  span.flags = r.uint();
  const { flags } = span;
  span.zaps = r.int();
  if ((flags & BORN) !== 0) {
    span.role = r.int();
    span.bornAt = from + r.uint();
  }
  if ((flags & LISTED) !== 0) span.vm = r.uint();
  if ((flags & COUNTED) !== 0) {
    span.least = r.int();
    span.most = r.int();
    span.count = r.int();
  }
  if ((flags & FREED) !== 0) span.freedAt = from + r.uint();
  return span;
}

/** Past a span that nobody wants. */
export function skipSpan(r: ByteReader): void {
  const flags = r.uint();
  let numbers = 1;
  if ((flags & BORN) !== 0) numbers += 2;
  if ((flags & LISTED) !== 0) numbers++;
  if ((flags & COUNTED) !== 0) numbers += 3;
  if ((flags & FREED) !== 0) numbers++;
  for (; numbers > 0; numbers--) r.uint();
}

/** A root as it stands between two stretches. */
export interface RootStanding {
  readonly vm: number | null;
  /** Null: not born yet. */
  readonly role: number | null;
  readonly exists: boolean;
  readonly invalid: boolean;
  readonly zaps: number;
  readonly waits: boolean;
  /** -1: unknown. */
  readonly refcount: number;
}

export const NOT_BORN: RootStanding = {
  vm: null,
  role: null,
  exists: false,
  invalid: false,
  zaps: 0,
  waits: false,
  refcount: 0,
};

export function stateOf({ exists, waits, zaps, invalid }: RootStanding): number {
  if (!exists) return ROOT_STATE.gone;
  if (waits) return ROOT_STATE.waits;
  if (zaps > 0) return ROOT_STATE.zapped;
  return invalid ? ROOT_STATE.invalid : ROOT_STATE.valid;
}

export interface SpanLife {
  readonly after: RootStanding;
  /** States that it was in from its first event in the stretch to its last: bits by ROOT_STATES. */
  readonly seen: number;
  readonly least: number;
  readonly most: number;
}

/** What becomes of the root in the stretch. */
export function lifeIn(before: RootStanding, span: RootSpan): SpanLife {
  const { flags } = span;
  const has = (flag: number): boolean => (flags & flag) !== 0;
  const counted = has(COUNTED);
  const after: RootStanding = {
    vm: has(LISTED) ? span.vm : before.vm,
    role: has(BORN) ? span.role : before.role,
    exists: (before.exists || has(BORN)) && !has(FREED),
    invalid: before.invalid || has(INVALIDATED),
    zaps: Math.max(0, before.zaps + span.zaps),
    waits: before.waits || has(WAITS),
    refcount: counted ? span.count : before.refcount,
  };
  const bit = (state: number): number => 1 << state;
  let seen = bit(stateOf(before)) | bit(stateOf(after));
  if (has(BORN)) seen = (seen & ~bit(ROOT_STATE.gone)) | bit(role_is_invalid(span.role) ? 1 : 0);
  if (has(FREED)) seen |= bit(ROOT_STATE.gone);
  if (has(INVALIDATED)) seen |= bit(ROOT_STATE.invalid);
  if (has(ZAPPED)) seen |= bit(ROOT_STATE.zapped);
  if (has(WAITS)) seen |= bit(ROOT_STATE.waits);
  return {
    after,
    seen,
    least: counted ? Math.min(span.least, before.exists ? before.refcount : span.least) : before.refcount,
    most: counted ? Math.max(span.most, before.exists ? before.refcount : span.most) : before.refcount,
  };
}

export function bornIn(span: RootSpan): number | null {
  return (span.flags & BORN) === 0 ? null : span.bornAt;
}

export function freedIn(span: RootSpan): number | null {
  return (span.flags & FREED) === 0 ? null : span.freedAt;
}

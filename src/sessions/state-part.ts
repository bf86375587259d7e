// One part of a session's state out of a list, or a 404 that says which parts there are.

import type { Where } from '../core/projections/state.js';
import { Problem } from '../http/problem.js';

/** Where and when a state is; every answer about state begins with it. */
export function whereOf({ position, ordinal, timeNs, recording }: Where): Where {
  return { position, ordinal, timeNs, recording };
}

export function findPart<T>(what: string, parts: readonly T[], number: (part: T) => number, id: string): T {
  const found = /^\d{1,9}$/.test(id) ? parts.find((part) => number(part) === Number(id)) : undefined;
  if (found !== undefined) return found;
  const known = parts.map((part) => String(number(part)));
  const list = known.length === 0 ? 'there are none now' : `now there are: ${known.slice(0, 50).join(', ')}`;
  throw new Problem(
    404,
    `${what.replaceAll(' ', '-')}-not-found`,
    `there is no ${what} ${id}; ${list}`,
    known.slice(0, 50),
  );
}

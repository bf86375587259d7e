// What of the view stands in its address, read and written: the position, what is seen, the chosen range, lanes, filters.
import { setQuery } from '../app/router.js';
import type { LaneChoice } from '../timeline/model/lanes.js';
import { clamped, type Window, whole } from '../timeline/model/window.js';

const LANE = /^(thread|lock|root)(:\d+)?$/;

/** `from-to` of whole positions, both included; null where it says nothing that is there. */
export function windowOf(text: string | null, last: number): Window | null {
  const [, from, to] = /^(\d{1,15})-(\d{1,15})$/.exec(text ?? '') ?? [];
  if (from === undefined || last === 0) return null;
  return clamped({ from: Number(from), to: Number(to) + 1 }, last);
}

export function windowText({ from, to }: Window): string {
  return `${Math.floor(from)}-${Math.ceil(to) - 1}`;
}

/** A position of the session, whatever the address says; null where it says none. */
export function positionOf(text: string | null, last: number): number | null {
  if (text === null || !/^\d{1,15}$/.test(text)) return null;
  return Math.max(1, Math.min(last, Number(text)));
}

export function laneChoiceOf(query: URLSearchParams): LaneChoice {
  const set = (name: string): ReadonlySet<string> =>
    new Set((query.get(name) ?? '').split(',').filter((lane) => LANE.test(lane)));
  return { folded: set('folded'), hidden: set('hidden'), pinned: set('pinned') };
}

export function toggleLane(query: URLSearchParams, name: keyof LaneChoice, lane: string): void {
  const now = new Set(laneChoiceOf(query)[name]);
  if (!now.delete(lane)) now.add(lane);
  setQuery({ [name]: now.size === 0 ? null : [...now].join(',') });
}

/** Where a session is opened that nobody has said anything about: all of it. */
export function firstWindow(text: string | null, last: number): Window {
  return windowOf(text, last) ?? whole(last);
}

export type DialogName = 'fork' | 'note';

export function dialogOf(query: URLSearchParams): DialogName | null {
  const name = query.get('dialog');
  return name === 'fork' || name === 'note' ? name : null;
}

/** Frame of the stack whose code is shown, 0 the innermost. */
export function frameOf(query: URLSearchParams): number {
  const text = query.get('frame') ?? '';
  return /^\d{1,3}$/.test(text) ? Number(text) : 0;
}

/** Sections of the state that are closed where nobody has said anything. */
const USUALLY_SHUT: ReadonlySet<string> = new Set(['TLBs', 'VMs']);
const NONE_SHUT = 'none';

export function shutOf(text: string | null): ReadonlySet<string> {
  if (text === null) return USUALLY_SHUT;
  return new Set(text === NONE_SHUT ? [] : text.split(';').filter(Boolean));
}

/** Null where it is as usual. */
export function shutText(shut: ReadonlySet<string>): string | null {
  if (shut.size === USUALLY_SHUT.size && [...shut].every((name) => USUALLY_SHUT.has(name))) return null;
  return shut.size === 0 ? NONE_SHUT : [...shut].toSorted().join(';');
}

// Filters as people write them (type, thread, subject by name) into the store's numbers; unknown names are errors that
// list the known ones.

import { CATALOGUE } from '../core/events/catalogue.js';
import { SUBJECT_CODE, SUBJECT_RADIX, SUBJECTS, type SubjectKind } from '../core/events/define.js';
import type { DictionaryEntry } from '../core/run/contract.js';
import { Problem } from '../http/problem.js';
import type { RowFilters } from '../store/event-store.port.js';

export interface EventFilterText {
  readonly type?: string | undefined;
  readonly thread?: string | undefined;
  readonly subject?: string | undefined;
  readonly function?: string | undefined;
}

const MAX_SUBJECT = 2 ** 27 - 1;

export function rowFilters(
  text: EventFilterText,
  dictionary: readonly DictionaryEntry[],
): RowFilters | undefined {
  const filters: { -readonly [K in keyof RowFilters]: RowFilters[K] } = {};
  if (text.type !== undefined) filters.types = eventTypes(text.type);
  if (text.thread !== undefined) filters.thread = threadNumber(text.thread, dictionary);
  if (text.function !== undefined) filters.function = text.function;
  if (text.subject !== undefined) {
    const { kind, number } = parseSubject(text.subject);
    if (number !== null) filters.subject = number * SUBJECT_RADIX + SUBJECT_CODE[kind];
    else {
      const codes: number[] = CATALOGUE.filter((d) => d.subject === kind).map((d) => d.code);
      filters.types =
        filters.types === undefined ? codes : filters.types.filter((code) => codes.includes(code));
    }
  }
  return Object.keys(filters).length === 0 ? undefined : filters;
}

function eventTypes(text: string): number[] {
  return text.split(',').map((name) => {
    const found = CATALOGUE.find((d) => d.name === name.trim());
    if (found !== undefined) return found.code;
    const known = CATALOGUE.map((d) => d.name);
    throw new Problem(
      400,
      'unknown-event-type',
      `there is no event type "${name}"; known: ${known.join(', ')}`,
      known,
    );
  });
}

function threadNumber(name: string, dictionary: readonly DictionaryEntry[]): number {
  const threads = dictionary.filter((entry) => entry.kind === 'thread');
  const found = threads.find((thread) => thread.name === name);
  if (found !== undefined) return found.id;
  const known = threads.map((thread) => thread.name);
  throw new Problem(
    400,
    'unknown-thread',
    `the session has no thread "${name}"; it has: ${known.join(', ')}`,
    known,
  );
}

function parseSubject(text: string): { readonly kind: SubjectKind; readonly number: number | null } {
  const match = /^([a-z]+)(?:[:/]?(\d{1,9}))?$/.exec(text);
  const kind = SUBJECTS.find((k) => k === match?.[1]);
  const number = match?.[2] === undefined ? null : Number(match[2]);
  if (kind !== undefined && (number ?? 0) <= MAX_SUBJECT) return { kind, number };
  const expected = SUBJECTS.map((k) => `${k}:NUMBER`);
  throw new Problem(
    400,
    'unknown-subject',
    `"${text}" is no subject; expected one of: ${expected.join(', ')}`,
    expected,
  );
}

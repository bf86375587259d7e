// Which events stop a continue: all that is named must hold of one event. `change`: the field has another value after it;
// `when`: the predicate was false before it and is true after it.
import { BadInput } from '../base/errors.js';
import { CATALOGUE, E } from '../events/catalogue.js';
import { SUBJECT_CODE, SUBJECT_RADIX, SUBJECTS } from '../events/define.js';
import { findInvariant, INVARIANTS } from '../invariants/catalogue.js';
import type { Moment, SiteName } from '../projections/moment.js';
import type { EventRows } from '../projections/rows.js';
import { type PathReader, parsePath } from '../projections/state-paths.js';
import { type Predicate, parsePredicate } from './predicate.js';

export interface BreakpointText {
  /** Event types, comma separated. */
  readonly type?: string | undefined;
  readonly thread?: string | undefined;
  readonly function?: string | undefined;
  readonly label?: string | undefined;
  /** KIND:NUMBER */
  readonly subject?: string | undefined;
  /** `any`, or an invariant: `I3`. */
  readonly finding?: string | undefined;
  /** A path of the state. */
  readonly change?: string | undefined;
  readonly when?: string | undefined;
}

export const BREAKPOINT_FIELDS = [
  'type',
  'thread',
  'function',
  'label',
  'subject',
  'finding',
  'change',
  'when',
] as const satisfies readonly (keyof BreakpointText)[];

export interface Breakpoint {
  /** What holds of the row alone. */
  readonly matches: (rows: EventRows, i: number) => boolean;
  /** The same as far as an index or a scan of the store can tell; null: nothing. */
  readonly filters: {
    readonly types?: readonly number[];
    readonly thread?: number;
    readonly subject?: number;
  } | null;
  readonly change: PathReader | null;
  readonly when: Predicate | null;
}

/** @param sites every site of the session by number */
export function parseBreakpoint(
  text: BreakpointText,
  moment: Moment,
  sites: readonly (SiteName | undefined)[],
): Breakpoint {
  const types = typesOf(text);
  const thread = text.thread === undefined ? undefined : threadOf(text.thread, moment.threadNames);
  const subject = text.subject === undefined ? undefined : subjectOf(text.subject);
  const invariant = text.finding === undefined ? undefined : invariantOf(text.finding);
  const wanted = sitesOf(text, sites);
  const filters = {
    ...(types === undefined ? {} : { types: [...types] }),
    ...(thread === undefined ? {} : { thread }),
    ...(subject === undefined ? {} : { subject }),
  };
  return {
    matches: (rows, i) =>
      (types === undefined || types.has(rows.type[i])) &&
      (thread === undefined || rows.thread[i] === thread) &&
      (subject === undefined || rows.subject[i] === subject) &&
      (invariant === undefined || rows.a[i] === invariant) &&
      (wanted === null || wanted.has(rows.site[i])),
    filters: Object.keys(filters).length === 0 ? null : filters,
    change: text.change === undefined ? null : parsePath(text.change, moment),
    when: text.when === undefined ? null : parsePredicate(text.when, moment),
  };
}

function typesOf({ type, finding }: BreakpointText): ReadonlySet<number> | undefined {
  if (type === undefined) return finding === undefined ? undefined : new Set([E.Finding]);
  if (finding !== undefined) {
    throw new BadInput('bad-breakpoint', 'a breakpoint names event types or a finding, not both');
  }
  return new Set(
    type.split(',').map((name) => {
      const found = CATALOGUE.find((d) => d.name === name.trim());
      if (found !== undefined) return found.code;
      throw unknown(
        'event type',
        name,
        CATALOGUE.map((d) => d.name),
      );
    }),
  );
}

function threadOf(name: string, threads: readonly string[]): number {
  const found = threads.indexOf(name);
  if (found < 0) throw unknown('thread', name, threads);
  return found;
}

function subjectOf(text: string): number {
  const match = /^([a-z]+)[:/]?(\d{1,8})$/.exec(text);
  const kind = SUBJECTS.find((k) => k === match?.[1]);
  if (kind === undefined)
    throw unknown(
      'subject',
      text,
      SUBJECTS.map((k) => `${k}:NUMBER`),
    );
  return Number(match![2]) * SUBJECT_RADIX + SUBJECT_CODE[kind];
}

/** undefined: any. */
function invariantOf(text: string): number | undefined {
  if (text === 'any') return undefined;
  const match = /^I?(\d{1,3})$/.exec(text);
  const invariant = match === null ? undefined : findInvariant(Number(match[1]));
  // A name that nothing can ever be found by is a slip of the pen, not an empty search.
  if (invariant === undefined)
    throw unknown('finding', text, ['any', ...INVARIANTS.map((i) => `I${i.number}`)]);
  return invariant.number;
}

function sitesOf(
  { function: name, label }: BreakpointText,
  sites: readonly (SiteName | undefined)[],
): ReadonlySet<number> | null {
  if (name === undefined && label === undefined) return null;
  const known = sites.filter((site) => site !== undefined);
  const functions = [...new Set(known.map((site) => site.function))].sort();
  if (name !== undefined && !functions.includes(name)) throw unknown('function', name, functions);
  const within = known.filter((site) => name === undefined || site.function === name);
  const labels = [...new Set(within.map((site) => site.label))].sort();
  if (label !== undefined && !labels.includes(label)) throw unknown('label', label, labels);
  const wanted = new Set<number>();
  sites.forEach((site, id) => {
    if (site === undefined) return;
    if ((name === undefined || site.function === name) && (label === undefined || site.label === label))
      wanted.add(id);
  });
  return wanted;
}

/** Names that are listed in one error. */
const MAX_LISTED = 60;

function unknown(what: string, text: string, known: readonly string[]): BadInput {
  const more = known.length > MAX_LISTED ? `, and ${known.length - MAX_LISTED} more` : '';
  const listed = known.slice(0, MAX_LISTED);
  return new BadInput(
    `unknown-${what.replace(' ', '-')}`,
    `the session has no ${what} "${text}"; expected one of: ${listed.join(', ')}${more}`,
    listed,
  );
}

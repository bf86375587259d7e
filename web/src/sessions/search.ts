// What is typed into the search field: words that a session's texts contain, and `name:value` terms.
//   protocol:v5.18 state:running roots:>1000 findings:>0 smi
import type { Summary } from './session-list.js';

export const SEARCH_TERMS = [
  'protocol',
  'scenario',
  'state',
  'kind',
  'outcome',
  'seed',
  'roots',
  'events',
  'findings',
  'id',
];

type Test = (session: Summary) => boolean;

const NUMBERS: { readonly [name: string]: (session: Summary) => number } = {
  roots: (s) => s.rootAllocations,
  events: (s) => s.events,
  findings: (s) => s.findings,
  seed: (s) => s.seed,
  id: (s) => Number(s.id),
};
const TEXTS: { readonly [name: string]: (session: Summary) => string } = {
  protocol: (s) => s.protocol,
  scenario: (s) => s.scenario,
  state: (s) => s.state,
  kind: (s) => s.kind,
  outcome: (s) => s.outcome ?? '',
};

function testOf(word: string): Test {
  const [, name, value] = /^(\w+):(.*)$/.exec(word) ?? [];
  const number = name === undefined ? undefined : NUMBERS[name];
  if (number !== undefined) {
    const [, sign, digits] = /^([<>]?)(\d[\d,]*)$/.exec(value) ?? [];
    if (digits === undefined) return () => true;
    const wanted = Number(digits.replaceAll(',', ''));
    if (sign === '>') return (s) => number(s) > wanted;
    return sign === '<' ? (s) => number(s) < wanted : (s) => number(s) === wanted;
  }
  const text = name === undefined ? undefined : TEXTS[name];
  if (text !== undefined) return (s) => text(s).toLowerCase().includes(value.toLowerCase());
  const wanted = word.toLowerCase();
  return (s) => `${titleOf(s)} ${s.id} ${s.protocol} ${s.scenario} ${s.state}`.toLowerCase().includes(wanted);
}

/** What a session is called: the name that somebody gave it, else its scenario. */
export function titleOf(session: Pick<Summary, 'name' | 'scenario'>): string {
  return session.name ?? session.scenario;
}

export function search(sessions: readonly Summary[], text: string): Summary[] {
  const tests = text.split(/\s+/).filter(Boolean).map(testOf);
  return sessions.filter((session) => tests.every((test) => test(session)));
}

/** What the list can be sorted by, as the address has it: `roots` ascending, `-roots` descending. */
export const SORTS = ['name', 'protocol', 'state', 'roots', 'findings', 'events'] as const;
export type Sort = (typeof SORTS)[number];
/** Begins with the most: what somebody looks for is at that end. */
const FROM_ABOVE: ReadonlySet<Sort> = new Set(['roots', 'findings', 'events']);

export function sortOf(text: string | null): { readonly by: Sort; readonly down: boolean } | null {
  const by = SORTS.find((one) => one === text?.replace(/^-/, ''));
  return by === undefined ? null : { by, down: text?.startsWith('-') === true };
}

/** What the address says when a column's head is pressed: its first order, then the other one, then as created. */
export function nextSort(now: string | null, by: Sort): string | null {
  const [first, second] = FROM_ABOVE.has(by) ? [`-${by}`, by] : [by, `-${by}`];
  return now === first ? second : now === second ? null : first;
}

/** Sorted there are no trees: each session stands for itself. Equal ones stay in the order of creation, newest first. */
export function sorted(
  sessions: readonly Summary[],
  { by, down }: { readonly by: Sort; readonly down: boolean },
): ReturnType<typeof asTree> {
  const value = NUMBERS[by] ?? TEXTS[by] ?? titleOf;
  const order = (a: Summary, b: Summary): number => {
    const [x, y] = [value(a), value(b)];
    if (typeof x === 'number' && typeof y === 'number') return x - y;
    return String(x) < String(y) ? -1 : String(x) > String(y) ? 1 : 0;
  };
  const rows = [...sessions].sort((a, b) => (down ? order(b, a) : order(a, b)));
  return rows.map((session) => ({ session, depth: 0 }));
}

/** Forks right below the session that they were forked from; how deep each stands. */
export function asTree(
  sessions: readonly Summary[],
): { readonly session: Summary; readonly depth: number }[] {
  const ids = new Set(sessions.map(({ id }) => id));
  const children = new Map<string, Summary[]>();
  const tops: Summary[] = [];
  for (const session of sessions) {
    const parent = session.parent?.sessionId;
    if (parent === undefined || !ids.has(parent)) tops.push(session);
    else children.set(parent, [...(children.get(parent) ?? []), session]);
  }
  const rows: { session: Summary; depth: number }[] = [];
  const add = (session: Summary, depth: number): void => {
    rows.push({ session, depth });
    for (const child of children.get(session.id) ?? []) add(child, depth + 1);
  };
  for (const top of tops) add(top, 0);
  return rows;
}

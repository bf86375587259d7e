// What is asked of an exploration, as the address has it: every field of the form is a word of the query, those that are as
// they usually are are left out. Pure.
import type { Exploration, LitmusList, NewExploration } from '../../api/schema.js';
import { givenNumbers, parameterKey } from '../../ui/model/parameters.js';

export type Litmus = LitmusList['litmus'][number];
export const SEARCHES = ['exhaustive', 'random', 'pct'] as const;
export type Search = (typeof SEARCHES)[number];

export const FIRST_LITMUS = 'v-d';
export const FIRST_PROTOCOL = 'seed-draft';

/** Numbers besides the parameters; the server has the usual values. */
export const NUMBERS = [
  ['preemptions', 'preemptions', 'only schedules that leave a thread which could go on so many times'],
  ['depth', 'steps', 'only schedules of so many steps'],
  ['states', 'states', 'ends at so many distinct states'],
  ['seconds', 's', 'ends after so long'],
  ['bytes', 'bytes', 'ends before it takes more'],
  ['workers', 'threads', 'that search'],
] as const;
/** Of a search by samples. */
export const SAMPLES = [
  ['schedules', 'schedules', 'that are tried'],
  ['seed', '', 'of the random choices'],
  ['pctDepth', 'changes', 'of priority in a schedule (PCT)'],
] as const;
const ALL_NUMBERS = [...NUMBERS, ...SAMPLES].map(([name]) => name);
/** @param litmus the one that is chosen: parameters of another one that the address still has are not sent */
export function requestOf(
  query: URLSearchParams,
  litmus: Litmus | undefined,
): NewExploration & { readonly litmus: string } {
  const numbers = givenNumbers(query, ALL_NUMBERS, (name) => name);
  const names = (litmus?.parameters ?? []).map(({ name }) => name);
  const transplant = query.get('transplant');
  return {
    litmus: query.get('litmus') ?? FIRST_LITMUS,
    protocol: query.get('protocol') ?? FIRST_PROTOCOL,
    parameters: givenNumbers(query, names, parameterKey),
    reductions: query.get('reductions') === 'none' ? 'none' : 'all',
    search: SEARCHES.find((name) => name === query.get('search')) ?? 'exhaustive',
    exact: query.get('exact') === '1',
    liveness: query.get('liveness') === '1',
    ...(transplant === null || transplant === '' ? {} : { transplant }),
    ...numbers,
  };
}

type Asked = Pick<Exploration, 'litmus' | 'litmusText' | 'protocol' | 'parameters' | 'asked'>;

/** The same once more, or with another protocol: for the form. */
export function formAddress({ litmus, protocol, parameters, asked }: Asked, other?: string): string {
  const query = new URLSearchParams({ litmus, protocol: other ?? protocol });
  for (const [name, value] of Object.entries(parameters)) query.set(parameterKey(name), String(value));
  if (asked.search !== 'exhaustive') query.set('search', asked.search);
  if (asked.reductions === 'none') query.set('reductions', 'none');
  if (asked.liveness) query.set('liveness', '1');
  if (asked.exact) query.set('exact', '1');
  if (asked.preemptions !== null) query.set('preemptions', String(asked.preemptions));
  if (asked.depth !== null) query.set('depth', String(asked.depth));
  if (asked.search !== 'exhaustive') {
    query.set('schedules', String(asked.schedules));
    query.set('seed', String(asked.seed));
  }
  return `/explore?${query.toString()}`;
}

/** Exactly what was asked before, to go on where it was stopped. */
export function continuing(
  { litmus, litmusText, protocol, parameters, asked }: Asked,
  id: string,
): NewExploration {
  const { preemptions, depth, transplant, continues: _, ...rest } = asked;
  return {
    // One of a user's own is asked for with its text.
    litmus: litmusText === null ? litmus : { text: litmusText },
    protocol,
    parameters,
    ...rest,
    ...(preemptions === null ? {} : { preemptions }),
    ...(depth === null ? {} : { depth }),
    ...(transplant === null ? {} : { transplant }),
    continues: id,
  };
}

/** The command that does the same in a terminal. */
export function commandOf({ litmus, litmusText, protocol, parameters, asked }: Asked): string {
  // Of a user's own the file is not known: one of its name.
  const name = litmusText === null ? litmus : `${litmus.replace(/^own\./, '')}.litmus`;
  const words = ['explore', name, '--protocol', protocol];
  for (const [key, value] of Object.entries(parameters)) words.push('--set', `${key}=${value}`);
  if (asked.search !== 'exhaustive') words.push('--search', asked.search, '--seed', String(asked.seed));
  if (asked.reductions === 'none') words.push('--reductions', 'none');
  if (asked.preemptions !== null) words.push('--preemptions', String(asked.preemptions));
  if (asked.depth !== null) words.push('--depth', String(asked.depth));
  if (asked.exact) words.push('--exact');
  if (asked.liveness) words.push('--liveness');
  if (asked.transplant !== null) words.push('--transplant', asked.transplant);
  return words.join(' ');
}

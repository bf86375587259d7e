// Numbers of a form as the address has them: `p.smis=20` a parameter, `c.exitOther=900` a cost. What is not said is as usual and
// is not sent.
const PARAMETER = 'p.';
const COST = 'c.';

export const parameterKey = (name: string): string => `${PARAMETER}${name}`;
export const costKey = (name: string): string => `${COST}${name}`;

/** What is no number goes to the server as it is not: it says what it expected. */
export function numberOf(text: string): number {
  const n = Number(text.replaceAll(',', '').trim());
  return Number.isFinite(n) ? n : -1;
}

/** Of those names the ones that the address says something about: parameters of another scenario that it still has are not sent. */
export function givenNumbers(
  query: URLSearchParams,
  names: readonly string[],
  key: (name: string) => string,
): { readonly [name: string]: number } {
  const given = names.flatMap((name) => {
    const text = query.get(key(name));
    return text === null || text.trim() === '' ? [] : [[name, numberOf(text)] as const];
  });
  return Object.fromEntries(given);
}

/** Names in the address that are parameters: they are taken out where something else is chosen that has others. */
export function parametersIn(query: URLSearchParams): string[] {
  return [...query.keys()].filter((name) => name.startsWith(PARAMETER));
}

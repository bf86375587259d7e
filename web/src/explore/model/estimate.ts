// How far a search will go, and whether it will meet a bound first, in words. Pure.
import type { Exploration } from '../../api/schema.js';
import { count } from '../../ui/format.js';

export type Progress = NonNullable<Exploration['progress']>;
type Estimate = NonNullable<Progress['estimate']>;

/** Of a stored state, when the table is as full as it gets. */
const LEAST_BYTES = 10;

export const rounded = (n: number): string => count(Number(n.toPrecision(2)));

export function estimateText({ states, low, high, method, uncertainty }: Estimate): string {
  if (high === null) return `at least ${rounded(low)} states (${method}: ${uncertainty})`;
  return `about ${rounded(states)} states (${rounded(low)} to ${rounded(high)}; ${method}: ${uncertainty})`;
}

export function durationText(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  if (seconds < 5_400) return `${Math.round(seconds / 60)} min`;
  return `${rounded(seconds / 3_600)} h`;
}

/** What is left, and the bounds that come first; null: nothing is known. */
export function aheadText(
  { estimate, statesPerSecond, states }: Progress,
  bounds: { readonly states: number; readonly seconds: number; readonly bytes: number },
): string | null {
  if (estimate === null || statesPerSecond === 0) return null;
  const left = Math.max(0, estimate.states - states) / statesPerSecond;
  const meets = [
    ...(estimate.low > bounds.states ? [`${count(bounds.states)} states`] : []),
    ...(estimate.low / statesPerSecond > bounds.seconds ? [`${count(bounds.seconds)} seconds`] : []),
    ...(estimate.low * LEAST_BYTES > bounds.bytes ? [`${count(bounds.bytes)} bytes`] : []),
  ];
  // A low end says nothing of how long.
  const long = estimate.high === null ? 'how long is not known' : `about ${durationText(left)} to go`;
  return meets.length === 0 ? long : `${long}; it will end at the bound of ${meets.join(', or of ')}`;
}

// Seeds as people write them: `1..20,33`. The list is kept in ascending order, so that the same seeds give the same
// table whatever the order in which they were named.
import { BadInput } from '../base/errors.js';
import { MAX_SWEEP_CELLS } from './limits.js';

const RANGE = /^(\d{1,16})(?:\.\.(\d{1,16}))?$/;

const malformed = (text: string): BadInput =>
  new BadInput(
    'sweep-seeds',
    `seeds are whole numbers and ranges such as 1..20,33; got "${text.slice(0, 80)}"`,
  );

export function parseSeeds(given: string | readonly number[]): number[] {
  const seeds = typeof given === 'string' ? given.split(',').flatMap(rangeOf) : [...given];
  if (seeds.length === 0) throw new BadInput('sweep-seeds', 'a sweep needs at least one seed, got none');
  if (seeds.length > MAX_SWEEP_CELLS) throw tooMany(seeds.length);
  for (const seed of seeds) if (!Number.isSafeInteger(seed) || seed < 0) throw malformed(String(seed));
  seeds.sort((a, b) => a - b);
  const twice = seeds.find((seed, i) => seed === seeds[i - 1]);
  if (twice !== undefined)
    throw new BadInput('sweep-duplicate', `seed ${twice} is given twice; expected each seed once`);
  return seeds;
}

function rangeOf(text: string): number[] {
  const [, first, last] = RANGE.exec(text.trim()) ?? [];
  if (first === undefined) throw malformed(text);
  const from = Number(first);
  const to = last === undefined ? from : Number(last);
  if (!Number.isSafeInteger(to) || to < from) throw malformed(text);
  if (to - from >= MAX_SWEEP_CELLS) throw tooMany(to - from + 1);
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

function tooMany(wanted: number): BadInput {
  return new BadInput(
    'sweep-too-large',
    `${wanted} seeds are more than MAX_SWEEP_CELLS = ${MAX_SWEEP_CELLS}; expected fewer`,
  );
}

/** @param seeds ascending, each once */
export function seedsText(seeds: readonly number[]): string {
  const parts: string[] = [];
  for (let i = 0; i < seeds.length; ) {
    let end = i;
    while (end + 1 < seeds.length && seeds[end + 1] === seeds[end] + 1) end++;
    parts.push(end === i ? String(seeds[i]) : `${seeds[i]}..${seeds[end]}`);
    i = end + 1;
  }
  return parts.join(',');
}

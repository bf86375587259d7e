// The comparison of stored rows with executed ones: equal rows pass, and one changed number in any column of any row is
// found and named, also where the number would not fit the column.
import { describe, expect, it } from 'vitest';
import type { RunChunk } from '../../../src/core/run/contract.js';
import { type Difference, ScheduleComparison } from '../../../src/core/run/replay-by-schedule.js';
import {
  numbersOf,
  ROW_FIELDS,
  ROW_NUMBERS,
  type StoredNumbers,
} from '../../../src/core/run/stored-numbers.js';
import { concatColumns, runToEnd, simulation } from '../../support/harness.js';

const chunks = runToEnd(simulation({ scenario: 'smi', protocol: 'v5.18', seed: 7 }));
const rows = numbersOf(concatColumns(chunks));
const dictionary = chunks.flatMap((c) => c.dictionary);

/** Delivers the run's own chunks, as an execution does. */
class Again {
  outcome: string | null = null;
  readonly waiting = false;
  private at = 0;

  rest(): RunChunk[] {
    return [];
  }

  advance(): RunChunk[] {
    const chunk = chunks[this.at++];
    if (this.at === chunks.length) this.outcome = 'completed';
    return [chunk!];
  }
}

/** Pages that end elsewhere than chunks do. */
function compared(stored: StoredNumbers, pageRows: number): { difference: Difference | null; equal: number } {
  const comparison = new ScheduleComparison(new Again());
  let goesOn = true;
  for (let from = 0; goesOn && from < stored.length; from += pageRows) {
    const to = Math.min(stored.length, from + pageRows);
    const numbers = stored.numbers.slice(from * ROW_NUMBERS, to * ROW_NUMBERS);
    goesOn = comparison.compare({ length: to - from, numbers });
  }
  if (goesOn) comparison.finish();
  return { difference: comparison.difference, equal: comparison.equalRows };
}

function changed(row: number, field: number, value: number): StoredNumbers {
  const numbers = rows.numbers.slice();
  numbers[row * ROW_NUMBERS + field] = value;
  return { length: rows.length, numbers };
}

it.each([1_000_000, 1_000, 7])('equal rows pass, in pages of %i', (pageRows) => {
  expect(compared(rows, pageRows)).toEqual({ difference: null, equal: rows.length });
});

describe.each([...ROW_FIELDS.entries()])('column %i, %s', (field, name) => {
  // The first row, one in the middle, the last one; by one, and by what an 8, 16 or 32 bit column would drop.
  const places = [0, Math.floor(rows.length / 2), rows.length - 1];
  it.each(places.flatMap((row) => [1, -1, 2 ** 8, 2 ** 16, 2 ** 32].map((by) => [row, by] as const)))(
    'a change of row %i by %i is found and named',
    (row, by) => {
      const was = rows.numbers[row * ROW_NUMBERS + field]!;
      const { difference, equal } = compared(changed(row, field, was + by), 777);
      expect(equal).toBe(row);
      const [thread, , site] = rows.numbers.slice(row * ROW_NUMBERS);
      const named = dictionary.find((d) => d.kind === 'thread' && d.id === thread);
      const place = dictionary.find((d) => d.kind === 'site' && d.id === site);
      expect(difference).toMatchObject({
        position: row + 1,
        ordinal: row + 1,
        thread: named?.kind === 'thread' ? named.name : null,
        function: place?.kind === 'site' ? place.function : '',
        label: place?.kind === 'site' ? place.label : '',
      });
      expect(difference?.stored).not.toBe(difference?.replayed);
      const told = (value: number) =>
        name === 'type' ? /^[\w ]+ thread=/ : new RegExp(` ${name}=${value}( |$)`);
      expect(difference?.stored).toMatch(told(was + by));
      expect(difference?.replayed).toMatch(told(was));
    },
  );
});

it('a row too few and a row too many are differences at the end', () => {
  const short = { length: rows.length - 1, numbers: rows.numbers.slice(0, -ROW_NUMBERS) };
  expect(compared(short, 500).difference).toMatchObject({ position: rows.length, stored: 'nothing' });
  const numbers = new Float64Array(rows.numbers.length + ROW_NUMBERS);
  numbers.set(rows.numbers);
  const long = { length: rows.length + 1, numbers };
  expect(compared(long, 500).difference).toMatchObject({ position: rows.length + 1, replayed: 'nothing' });
});

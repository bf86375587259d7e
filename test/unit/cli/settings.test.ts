// `--set` and numbers on the command line.
import { describe, expect, test } from 'vitest';
import { readSettings, wholeNumber } from '../../../src/cli/settings.js';

test('parameters, costs and limits by their prefix', () => {
  expect(readSettings(['smis=5', 'resetPolicy=every-exit', 'cost.rootPut=80', 'limit.events=1000'])).toEqual({
    parameters: { smis: '5', resetPolicy: 'every-exit' },
    costs: { rootPut: 80 },
    limits: { events: 1000 },
  });
  expect(readSettings([])).toEqual({ parameters: {}, costs: {}, limits: {} });
});

test.each([
  ['smis', /--set takes name=value.*got "smis"/],
  ['=5', /--set takes name=value/],
  ['smis=', /--set takes name=value/],
  ['cost.rootPut=fast', /cost rootPut must be a whole number/],
  ['cost.rootPut=-1', /cost rootPut must be a whole number/],
  ['limit.events=1e3', /limit events must be a whole number/],
])('%s is refused', (text, message) => {
  expect(() => readSettings([text])).toThrow(message);
});

test('the same name twice is refused, whatever the values', () => {
  expect(() => readSettings(['smis=5', 'smis=5'])).toThrow(/--set smis is given twice/);
});

describe('whole numbers', () => {
  test.each([
    ['0', 0],
    ['42', 42],
    ['9007199254740991', 9007199254740991],
  ])('%s', (text, n) => {
    expect(wholeNumber('--seed', text)).toBe(n);
  });

  test.each(['', '-1', '1.5', '1e3', '0x10', ' 1', '9007199254740993', '99999999999999999999'])(
    '"%s" is refused',
    (text) => {
      expect(() => wholeNumber('--seed', text)).toThrow(/--seed must be a whole number from 0 to/);
    },
  );
});

// Every problem that the code can answer with is in the catalogue that clients read.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { STORE_STATUS } from '../../../src/http/problem.js';
import { PROBLEM_TYPES } from '../../../src/http/problem-types.js';

const SOURCE = fileURLToPath(new URL('../../../src', import.meta.url));
/** What is told on a terminal only, or is an error of a protocol's author. */
const NOT_OVER_HTTP = new RegExp(
  [
    '^(cli|config)/',
    '^core/(machine/link|protocols/protocol)',
    '^sessions/inspection/orders/index',
    '^http/(tokens|server)',
    '^store/failpoint',
  ].join('|'),
);

test('the codes of Problem and BadInput are known types (src/http/problem-types.ts)', () => {
  const known = new Set(PROBLEM_TYPES.map(({ name }) => name));
  expect(known.size).toBe(PROBLEM_TYPES.length);
  const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !NOT_OVER_HTTP.test(name))
    .map((name) => [name, readFileSync(join(SOURCE, name), 'utf8')] as const);
  const used = files.flatMap(([name, text]) =>
    [...text.matchAll(/new (?:Problem\(\s*\d+,|BadInput\()\s*'([^']+)'/g)].map(
      (match) => `${match[1]!.replaceAll('_', '-')} in ${name}`,
    ),
  );
  used.push(
    ...Object.keys(STORE_STATUS).map((code) => `${code.replaceAll('_', '-')} in store/store.errors.ts`),
  );
  expect(used.length).toBeGreaterThan(30);
  expect(used.filter((code) => !known.has(code.split(' ', 1)[0]!))).toEqual([]);
});

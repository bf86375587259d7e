// A view's style sheet stays when somebody goes on to the next view: so no two folders may give a rule to the same bare class. What
// several views use stands in theme/base.css.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const SRC = join(import.meta.dirname, '../../../web/src');

test('no class is styled by two folders', () => {
  const owners = new Map<string, Set<string>>();
  const sheets = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.css'),
  );
  expect(sheets.length).toBeGreaterThan(5);
  for (const file of sheets) {
    const text = readFileSync(join(SRC, file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
    const selectors = [...text.matchAll(/([^{}]+)\{/g)].flatMap(([, list = '']) => list.split(','));
    for (const selector of selectors) {
      const bare = /^\.[\w-]+$/.exec(selector.trim())?.[0];
      if (bare === undefined) continue;
      const folder = file.split('/')[0] ?? '';
      owners.set(bare, (owners.get(bare) ?? new Set()).add(folder));
    }
  }
  expect(
    [...owners].filter(([, folders]) => folders.size > 1).map(([name, folders]) => [name, ...folders]),
  ).toEqual([]);
});

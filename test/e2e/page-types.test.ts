// web/src/api/schema.ts is what scripts/make-api-types.mjs makes of the served document: the page is typed by what is served.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { TestFolder, TestServer } from './server-under-test.js';

const ROOT = join(import.meta.dirname, '../..');
const MAX_JAVASCRIPT_BYTES = 250 * 1024;

test('the types of the page are those of the served OpenAPI document', async () => {
  const { apiTypes, usedOperations } = (await import(join(ROOT, 'scripts/make-api-types.mjs'))) as {
    apiTypes(document: unknown, used: readonly string[]): string;
    usedOperations(): readonly string[];
  };
  const folder = new TestFolder();
  const server = await TestServer.start(folder.path);
  try {
    const { body } = await server.get('/openapi.json');
    const made = apiTypes(body, usedOperations());
    expect(made === readFileSync(join(ROOT, 'web/src/api/schema.ts'), 'utf8'), 'npm run page:types').toBe(
      true,
    );
    expect(() => apiTypes(body, ['Sessions_fly'])).toThrow('Sessions_fly');
  } finally {
    await server.stop();
    folder.remove();
  }
});

test('all JavaScript of the page together is at most 250 KB, compressed', () => {
  const assets = join(ROOT, 'web/dist/assets');
  expect(existsSync(assets), 'npm run build').toBe(true);
  const scripts = readdirSync(assets).filter((name) => name.endsWith('.js'));
  expect(scripts.length).toBeGreaterThan(0);
  const bytes = scripts.reduce((sum, name) => sum + gzipSync(readFileSync(join(assets, name))).length, 0);
  expect(bytes).toBeLessThan(MAX_JAVASCRIPT_BYTES);
});

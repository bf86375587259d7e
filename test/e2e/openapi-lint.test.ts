// The served OpenAPI document under a public linter (the one of redocly, with its recommended rules).
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestFolder, TestServer } from './server-under-test.js';

const folder = new TestFolder();
let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start(folder.path);
});
afterAll(async () => {
  await server.stop();
  folder.remove();
});

test('the linter has nothing to say, and would say it', async () => {
  const config = await createConfig({ extends: ['recommended'] });
  const lint = async (document: object) => {
    const found = await lintFromString({ source: JSON.stringify(document), config });
    return found.map(({ ruleId, message, location }) => `${ruleId}: ${message} at ${location[0]?.pointer}`);
  };
  const { body } = await server.get<{ info: object; paths: Record<string, unknown> }>('/openapi.json');
  expect(await lint(body)).toEqual([]);
  const damaged = { ...body, paths: { ...body.paths, '/x/{y}': { get: { responses: {} } } } };
  expect((await lint(damaged)).join('\n')).toMatch(/path-parameters-defined|operation-operationId/);
});

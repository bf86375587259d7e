// What is served besides sessions: health, catalogues, the OpenAPI document, the documentation, the page.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { INVARIANTS } from '../../src/core/invariants/catalogue.js';
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

const page = async (path: string) => {
  const answer = await fetch(server.server.url + path);
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
};

test('health is at the root', async () => {
  for (const path of ['/health/live', '/health/ready']) {
    const { status, text } = await page(path);
    expect([status, text]).toEqual([200, '{"status":"ok"}']);
  }
});

test('the catalogues name protocols, scenarios with their parameters, and invariants', async () => {
  const { body: p } = await server.get<{
    protocols: { id: string; base: string | null; replaced: string[] }[];
  }>('/protocols');
  const draft = p.protocols.find(({ id }) => id === 'seed-draft');
  expect(draft).toMatchObject({ base: 'v5.18' });
  expect(draft?.replaced.length).toBeGreaterThan(0);
  const { body: s } = await server.get<{ scenarios: { id: string; parameters: object[] }[] }>('/scenarios');
  const heavy = s.scenarios.find(({ id }) => id === 'smi-heavy');
  expect(heavy?.parameters).toContainEqual(expect.objectContaining({ name: 'smis', min: 0, max: 100_000 }));
  for (const parameter of s.scenarios.flatMap((x) => x.parameters)) {
    expect(parameter).toMatchObject({ unit: expect.any(String), doc: expect.any(String) });
  }
  const { body: i } = await server.get<{ invariants: { id: string }[] }>('/invariants');
  expect(i.invariants.map(({ id }) => id)).toEqual(INVARIANTS.map(({ number }) => `I${number}`));
  expect((await server.get('/protocols/seed-draft')).status).toBe(200);
  expect((await server.get('/protocols/v0')).status).toBe(404);
  const diff = await server.get<{ functions: { function: string }[] }>('/protocols/v5.18/diff/seed-draft');
  expect(diff.body.functions.map((changed) => changed.function)).toContain('kvm_tdp_mmu_put_root');
  expect((await server.get('/protocols/v5.18/diff/v0')).status).toBe(404);
  expect((await server.get('/scenarios/smi')).status).toBe(200);
  expect((await server.get('/scenarios/none')).status).toBe(404);
});

interface OpenApi {
  readonly openapi: string;
  readonly paths: { readonly [path: string]: { readonly [method: string]: Operation } };
  readonly components: { readonly schemas: { readonly [name: string]: unknown } };
}
interface Operation {
  readonly operationId: string;
  readonly summary?: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly responses: {
    readonly [status: string]: { readonly content?: { readonly [type: string]: unknown } };
  };
}

const ROUTES = [
  'DELETE /api/v1/sessions/{id}/notes/{note}',
  'GET /api/v1/sessions/{id}/blame',
  'GET /api/v1/sessions/{id}/changes',
  'GET /api/v1/sessions/{id}/commands',
  'GET /api/v1/sessions/{id}/critical-path',
  'GET /api/v1/sessions/{id}/exports/{format}',
  'GET /api/v1/sessions/{id}/notes',
  'GET /api/v1/sessions/{id}/scene',
  'GET /api/v1/sessions/{id}/seek',
  'GET /api/v1/sessions/{id}/state',
  'GET /api/v1/sessions/{id}/tdp-mmus/{vm}/roots/{root}/ledger',
  'GET /api/v1/sessions/{id}/timeline',
  'GET /api/v1/sessions/{id}/waits',
  'PATCH /api/v1/sessions/{id}/notes/{note}',
  'GET /api/v1/traces/{id}',
  'GET /api/v1/traces/{id}/lines',
  'POST /api/v1/sessions/import',
  'POST /api/v1/traces',
  'POST /api/v1/sessions/{id}/cancel',
  'POST /api/v1/sessions/{id}/commands',
  'POST /api/v1/sessions/{id}/forks',
  'GET /api/v1/sessions/{id}/tree',
  'POST /api/v1/sessions/{id}/notes',
  'POST /api/v1/sessions/{id}/step',
  'POST /api/v1/sessions/{id}/vcpus/{vcpu}/commands',
  'POST /api/v1/sessions/{id}/vms/{vm}/commands',
  'GET /api/v1/comparisons',
  'POST /api/v1/comparisons',
  'GET /health/live',
  'GET /health/ready',
  'GET /metrics',
  'GET /api/v1/problems',
  'GET /api/v1/catalogue',
  'GET /api/v1/catalogue/runs',
  'POST /api/v1/catalogue/runs',
  'GET /api/v1/catalogue/runs/{id}',
  'GET /api/v1/relaxations',
  'POST /api/v1/relaxations',
  'GET /api/v1/relaxations/{id}',
  'GET /api/v1/litmus',
  'GET /api/v1/litmus/{id}',
  'GET /api/v1/explorations',
  'POST /api/v1/explorations',
  'POST /api/v1/explorations/traces',
  'GET /api/v1/explorations/{id}',
  'GET /api/v1/explorations/{id}/report',
  'GET /api/v1/sweeps',
  'POST /api/v1/sweeps',
  'GET /api/v1/sweeps/{id}',
  'GET /api/v1/sweeps/{id}/table',
  'GET /api/v1/jobs',
  'GET /api/v1/jobs/{id}',
  'POST /api/v1/jobs/{id}/cancel',
  'GET /api/v1/protocols',
  'GET /api/v1/protocols/{protocol}',
  'GET /api/v1/protocols/{protocol}/diff/{other}',
  'GET /api/v1/protocols/{protocol}/functions/{function}',
  'GET /api/v1/scenarios',
  'GET /api/v1/costs',
  'GET /api/v1/scenarios/{scenario}',
  'GET /api/v1/invariants',
  'GET /api/v1/experiments',
  'GET /api/v1/experiments/forced-reset',
  'GET /api/v1/experiments/{name}',
  'POST /api/v1/experiments/{name}',
  'GET /api/v1/sessions/{id}/root-pressure',
  'GET /api/v1/sessions',
  'POST /api/v1/sessions',
  'GET /api/v1/sessions/{id}',
  'DELETE /api/v1/sessions/{id}',
  'POST /api/v1/sessions/{id}/pause',
  'POST /api/v1/sessions/{id}/resume',
  'POST /api/v1/sessions/{id}/replay',
  'POST /api/v1/sessions/{id}/check',
  'GET /api/v1/sessions/{id}/events',
  'GET /api/v1/sessions/{id}/findings',
  'GET /api/v1/sessions/{id}/live',
  'GET /api/v1/store/backup',
  'POST /api/v1/store/verifications',
  'GET /api/v1/store/verifications',
  'GET /api/v1/store/verifications/{id}',
  'POST /api/v1/store/verifications/{id}/cancel',
  'GET /api/v1/sessions/{id}/vms',
  'GET /api/v1/sessions/{id}/vms/{vm}',
  'GET /api/v1/sessions/{id}/vcpus',
  'GET /api/v1/sessions/{id}/vcpus/{vcpu}',
  'GET /api/v1/sessions/{id}/tdp-mmus',
  'GET /api/v1/sessions/{id}/tdp-mmus/{vm}',
  'GET /api/v1/sessions/{id}/tdp-mmus/{vm}/roots',
  'GET /api/v1/sessions/{id}/tdp-mmus/{vm}/roots/{root}',
];

test('the OpenAPI document is 3.1 and describes every route, parameter and error', async () => {
  const { body } = await server.get<OpenApi>('/openapi.json');
  expect(body.openapi).toMatch(/^3\.1\./);
  const operations = Object.entries(body.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      route: `${method.toUpperCase()} ${path}`,
      path,
      operation,
    })),
  );
  expect(operations.map(({ route }) => route).sort()).toEqual([...ROUTES].sort());
  expect(new Set(operations.map(({ operation }) => operation.operationId)).size).toBe(operations.length);
  for (const { route, path, operation } of operations) {
    expect(operation.summary, route).toBeTruthy();
    const named = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
    const described = (operation.parameters ?? []).filter((p) => p.in === 'path').map((p) => p.name);
    expect(described.sort(), route).toEqual(named.sort());
    expect(Object.keys(operation.responses), route).toEqual(
      expect.arrayContaining(['400', '401', '403', '421']),
    );
    expect(operation.responses['400']?.content, route).toHaveProperty('application/problem+json');
  }
  const refs = [...JSON.stringify(body).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(
    (match) => match[1]!,
  );
  expect(refs.filter((name) => body.components.schemas[name] === undefined)).toEqual([]);
  const query = body.paths['/api/v1/sessions/{id}/events']?.get?.parameters
    ?.filter((p) => p.in === 'query')
    .map((p) => p.name);
  expect(query).toEqual(['from', 'to', 'limit', 'type', 'thread', 'subject', 'function', 'words']);
});

test('page and documentation load nothing from elsewhere and nothing inline', async () => {
  for (const path of ['/', '/docs']) {
    const { status, headers, text } = await page(path);
    expect(status).toBe(200);
    expect(headers.get('content-security-policy')).toContain(
      "default-src 'none'; script-src 'self'; style-src 'self'",
    );
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(text).not.toMatch(/<style|style=|onclick=|<script>/);
    const links = [...text.matchAll(/(?:href|src)="([^"]+)"/g)].map((match) => match[1]!);
    expect(links.filter((link) => !link.startsWith('/'))).toEqual([]);
    for (const link of links) expect((await page(link)).status, link).toBe(200);
  }
  expect((await page('/docs/start.js')).text).toContain('validatorUrl: null');
});

test('nothing else of the disk is served', async () => {
  for (const path of [
    '/package.json',
    '/plain/index.html',
    '/docs/package.json',
    '/docs/../package.json',
    '/%2e%2e/package.json',
    '/data',
  ]) {
    expect((await page(path)).status, path).toBe(404);
  }
});

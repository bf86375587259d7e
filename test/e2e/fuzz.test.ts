// Every route of the served OpenAPI document with valid and invalid path parameters, queries, headers and bodies, made
// from the document itself: no answer is a 5xx, and every one is as the document says. ROOTLINE_FUZZ_SEED and
// ROOTLINE_FUZZ_RUNS (requests a route) find more in longer runs.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SessionView } from '../../src/sessions/session.view.js';
import { checkOf } from './openapi-check.js';
import { TestFolder, TestServer } from './server-under-test.js';

const SEED = Number(process.env['ROOTLINE_FUZZ_SEED'] ?? 20_261_122);
const RUNS = Number(process.env['ROOTLINE_FUZZ_RUNS'] ?? 14);
/** Of all routes together; a loaded machine does fewer runs, but each route at least one. */
const TIME_MS = 30_000;
const ANSWER_MS = 15_000;

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: { readonly [name: string]: Schema };
  readonly minimum?: number;
  readonly maximum?: number;
}
interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly schema?: Schema;
}
interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: { readonly [type: string]: { readonly schema: Schema } } };
}
interface Document {
  readonly paths: { readonly [path: string]: { readonly [method: string]: Operation } };
  readonly components: { readonly schemas: { readonly [name: string]: Schema } };
}

const folder = new TestFolder();
let server: TestServer;
let document: Document;
let session: SessionView;
beforeAll(async () => {
  server = await TestServer.start(folder.path, { workers: 1, rate: 1_000_000, writeRate: 1_000_000 });
  session = await server.run({ scenario: 'smi', protocol: 'v5.18' });
  document = (await server.get<Document>('/openapi.json')).body;
});
afterAll(async () => {
  await server.stop();
  folder.remove();
});

/** Words that mean something somewhere. */
const WORDS = [
  'smi',
  'v5.18',
  'seed-draft',
  'reset1',
  'timed',
  'random',
  'full',
  'lifecycle',
  'fold',
  'schedule',
  'RootPut',
  'root:1',
  'vcpu:0',
  'vm',
  'vcpu0',
  'kworker0',
  'finished',
  'simulated',
  'replay',
  'I3',
  '1,2',
  'roots',
  'vcpus.0',
  '*',
  '-1',
  '0',
  '1',
  '3',
  '9',
  '1e3',
  'NaN',
  'null',
  '',
  ' ',
  '__proto__',
  'constructor',
  '%',
  '%00',
  '../..',
  '..%2f',
  "' or 1=1 --",
  '\u0000',
  '\u{1f512}',
  'x'.repeat(300),
  '9'.repeat(25),
  '2**53',
];
const word = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...WORDS) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
  { weight: 1, arbitrary: fc.integer().map(String) },
);

function resolved(schema: Schema | undefined): Schema {
  const name = schema?.$ref?.split('/').at(-1);
  return name === undefined ? (schema ?? {}) : resolved(document.components.schemas[name]);
}

/** Mostly of the schema's form, now and then anything. */
function valueFor(given: Schema | undefined, depth = 0): fc.Arbitrary<unknown> {
  const junk = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom(...WORDS, 1e300, -1, 0.5));
  return fc.oneof({ weight: 6, arbitrary: formOf(resolved(given), depth) }, { weight: 1, arbitrary: junk });
}

function formOf(schema: Schema, depth: number): fc.Arbitrary<unknown> {
  if (depth > 4) return fc.constant(null);
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined && schema.enum.length > 0) return fc.constantFrom(...schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined && choices.length > 0)
    return fc.oneof(...choices.map((choice) => valueFor(choice, depth + 1)));
  switch (schema.type) {
    case 'integer':
    case 'number': {
      const [min, max] = [schema.minimum ?? 0, schema.maximum ?? 1_000];
      return fc.oneof(fc.constantFrom(min, max, min - 1, max + 1), fc.integer({ min: -5, max: 50 }));
    }
    case 'boolean':
      return fc.boolean();
    case 'array':
      return fc.array(valueFor(schema.items, depth + 1), { maxLength: 3 });
    case 'object':
      return objectOf(schema, depth);
    default:
      return word;
  }
}

function objectOf({ properties = {} }: Schema, depth: number): fc.Arbitrary<unknown> {
  const fields = Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [
      name,
      // A boot runs for long; the scenarios of the fuzz are short.
      name === 'scenario' ? fc.constantFrom('smi', 'reset1', 'none') : valueFor(schema, depth + 1),
    ]),
  );
  const known = fc.record(fields, {
    requiredKeys: Object.keys(fields).filter((name) => name === 'scenario'),
  });
  return fc.oneof(
    { weight: 5, arbitrary: known },
    { weight: 1, arbitrary: fc.tuple(known, word).map(([value, name]) => ({ ...value, [name]: 1 })) },
  );
}

interface Asked {
  readonly path: readonly string[];
  readonly query: readonly (readonly [string, string])[];
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

const HEADERS = fc.dictionary(
  fc.constantFrom(
    'accept',
    'prefer',
    'idempotency-key',
    'if-match',
    'if-none-match',
    'x-request-id',
    'range',
  ),
  fc.constantFrom(
    '*',
    '1',
    '"1"',
    'x',
    'respond-async',
    'application/x-ndjson',
    'application/json',
    '""',
    ',',
  ),
  { maxKeys: 2 },
);

function asked(route: string, method: string, operation: Operation): fc.Arbitrary<Asked> {
  const parameters = operation.parameters ?? [];
  const slots = [...route.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!);
  // A delete would take away what the other routes are asked about.
  const known = method === 'delete' ? ['999', '77'] : ['1', session.id, '0'];
  const path = fc.tuple(
    ...slots.map(() => fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...known) }, word)),
  );
  const named = parameters.filter((p) => p.in === 'query');
  const text = (p: Parameter) =>
    fc.oneof(
      word,
      valueFor(p.schema).map((value) => String(value)),
    );
  const pairs = fc.tuple(
    ...named.map((p) =>
      fc.option(
        text(p).map((value) => [p.name, value] as const),
        { freq: 2, nil: null },
      ),
    ),
  );
  const extra = fc.option(fc.tuple(word, word), { freq: 6, nil: null });
  const schema = operation.requestBody?.content['application/json']?.schema;
  const body =
    schema === undefined
      ? fc.option(fc.constantFrom('{}', 'null', '{"x":1}'), { nil: undefined })
      : fc.oneof(
          { weight: 5, arbitrary: valueFor(schema).map((value) => JSON.stringify(value)) },
          {
            weight: 1,
            arbitrary: fc.constantFrom('', '{', '[]', 'null', '"x"', '{"__proto__":{}}', '\u0000'),
          },
        );
  return fc.record({
    path: path.map((parts) => parts.map((part) => (part === '' ? '0' : part))),
    query: fc.tuple(pairs, extra).map(([some, more]) => [...some, more].filter((pair) => pair !== null)),
    headers: HEADERS,
    body: method === 'get' ? fc.constant(undefined) : body,
  });
}

async function ask(route: string, method: string, { path, query, headers, body }: Asked): Promise<void> {
  let next = 0;
  const filled = route.replace(/\{\w+\}/g, () =>
    encodeURIComponent(path[next++]!.replace(/\p{Surrogate}/gu, '')),
  );
  const search = new URLSearchParams(
    query.map(([name, value]): [string, string] => [name, value]),
  ).toString();
  const url = `${server.server.url}${filled}${search === '' ? '' : `?${search}`}`;
  const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
  const stop = new AbortController();
  const late = setTimeout(() => stop.abort(new Error(`no answer within ${ANSWER_MS} ms`)), ANSWER_MS);
  try {
    // Checked against the document by openapi-check.ts.
    const answer = await fetch(url, {
      method: method.toUpperCase(),
      headers: { ...type, ...headers },
      signal: stop.signal,
      ...(body === undefined ? {} : { body }),
    });
    if (answer.status >= 500) throw new Error(`${answer.status}: ${await answer.text()}`);
    const endless = /event-stream|ndjson/.test(answer.headers.get('content-type') ?? '');
    if (endless) await answer.body?.cancel();
    else await answer.text();
  } finally {
    clearTimeout(late);
  }
}

test('every route, asked anything, answers as described and never fails', { timeout: 180_000 }, async () => {
  const operations = Object.entries(document.paths).flatMap(([route, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ route, method, operation })),
  );
  expect(operations.length).toBeGreaterThan(25);
  const before = checkOf(server.server.url)?.checked ?? 0;
  for (const { route, method, operation } of operations) {
    // Not fast-check's own limit: it fails where the first request of a route takes longer.
    const untilMs = performance.now() + TIME_MS / operations.length;
    let runs = 0;
    const property = fc.asyncProperty(asked(route, method, operation), async (request) => {
      if (runs++ === 0 || performance.now() < untilMs) await ask(route, method, request);
    });
    await fc.assert(property, { seed: SEED, numRuns: RUNS });
  }
  expect((checkOf(server.server.url)?.checked ?? 0) - before).toBeGreaterThan(operations.length);
  // Nothing came of it for the session that was asked about.
  expect(await server.session(session.id)).toMatchObject({ stored: session.stored, digest: session.digest });
  expect(server.log.filter((line) => line.includes('a request failed'))).toEqual([]);
});

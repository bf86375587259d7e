// Writes web/src/api/schema.ts: of the served OpenAPI document the operations that the page uses (operations.json beside it)
// and the schemas that they need, as TypeScript types. Run it after `npm run build` when the list or one of those routes
// changes; test/e2e/page-types.test.ts says when it is stale. Own code: openapi-typescript asks for TypeScript 5.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const FILE = join(ROOT, 'web', 'src', 'api', 'schema.ts');
const USED = join(ROOT, 'web', 'src', 'api', 'operations.json');

const HEAD = `// The words of the API as types, made from the OpenAPI document by scripts/make-api-types.mjs. Do not edit: run it again.
`;

const name = (key) => (/^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key));

/** A JSON Schema as a TypeScript type. */
function typeOf(schema, indent) {
  if (typeof schema !== 'object' || schema === null || Object.keys(schema).length === 0) return 'unknown';
  if (schema.$ref !== undefined) return schema.$ref.split('/').at(-1);
  if ('const' in schema) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  const choice = schema.anyOf ?? schema.oneOf;
  if (choice !== undefined) return unionOf(choice.map((part) => typeOf(part, indent)));
  if (Array.isArray(schema.type)) {
    return unionOf(schema.type.map((type) => typeOf({ ...schema, type }, indent)));
  }
  switch (schema.type) {
    case 'string':
      return 'string';
    case 'integer':
    case 'number':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'null':
      return 'null';
    case 'array': {
      if (schema.prefixItems !== undefined) {
        return `readonly [${schema.prefixItems.map((part) => typeOf(part, indent)).join(', ')}]`;
      }
      return `readonly (${typeOf(schema.items, indent)})[]`;
    }
    case undefined:
      return schema.properties === undefined ? 'unknown' : objectOf(schema, indent);
    default:
      return objectOf(schema, indent);
  }
}

function unionOf(types) {
  return [...new Set(types)].join(' | ');
}

function objectOf(schema, indent) {
  const pad = '  '.repeat(indent + 1);
  const required = new Set(schema.required ?? []);
  const lines = Object.entries(schema.properties ?? {}).flatMap(([key, value]) => {
    const optional = required.has(key) ? '' : '?';
    const doc =
      typeof value.description === 'string'
        ? [`${pad}/** ${value.description.replaceAll('*/', '* /')} */`]
        : [];
    const undefinedToo = optional === '' ? '' : ' | undefined';
    return [...doc, `${pad}readonly ${name(key)}${optional}: ${typeOf(value, indent + 1)}${undefinedToo};`];
  });
  const rest = schema.additionalProperties;
  if (typeof rest === 'object' && rest !== null) {
    lines.push(`${pad}readonly [name: string]: ${typeOf(rest, indent + 1)};`);
  }
  return lines.length === 0 ? 'object' : `{\n${lines.join('\n')}\n${'  '.repeat(indent)}}`;
}

/** Method, path, names of the query, body and answer of an operation. */
function operationType(path, method, operation) {
  const query = (operation.parameters ?? []).filter((p) => p.in === 'query').map((p) => `'${p.name}'`);
  const answers = Object.entries(operation.responses).filter(([status]) => status.startsWith('2'));
  const answer = answers.map(([, a]) => a.content?.['application/json']?.schema).find((s) => s !== undefined);
  const body = operation.requestBody?.content?.['application/json']?.schema;
  return [
    `  /** ${operation.summary ?? ''} */`,
    `  readonly ${operation.operationId}: {`,
    `    readonly method: '${method.toUpperCase()}';`,
    `    readonly path: '${path}';`,
    `    readonly query: ${query.length === 0 ? 'never' : query.join(' | ')};`,
    `    readonly body: ${body === undefined ? 'undefined' : typeOf(body, 2)};`,
    `    readonly answer: ${answer === undefined ? 'unknown' : typeOf(answer, 2)};`,
    '  };',
  ].join('\n');
}

/** Names of schemas that `text` refers to, and those that they do. */
function neededBy(texts, schemas) {
  const needed = new Set();
  const visit = (text) => {
    for (const [, key] of text.matchAll(/\b([A-Z]\w+)\b/g)) {
      if (schemas[key] === undefined || needed.has(key)) continue;
      needed.add(key);
      visit(typeOf(schemas[key], 0));
    }
  };
  texts.forEach(visit);
  return needed;
}

export function apiTypes(document, used) {
  const known = new Map();
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      if (operation?.operationId !== undefined) known.set(operation.operationId, [path, method, operation]);
    }
  }
  const operations = used.map((id) => {
    if (!known.has(id)) throw new Error(`operations.json: there is no operation ${id}`);
    return operationType(...known.get(id));
  });
  const { schemas } = document.components;
  const types = [...neededBy(operations, schemas)]
    .sort((a, b) => (a < b ? -1 : 1))
    .map((key) => `export type ${key} = ${typeOf(schemas[key], 0)};\n`);
  return `${HEAD}\n${types.join('\n')}\nexport interface Operations {\n${operations.join('\n')}\n}\n`;
}

export function usedOperations() {
  return JSON.parse(readFileSync(USED, 'utf8'));
}

async function servedDocument() {
  const { startServer } = await import(join(ROOT, 'dist/src/http/server.js'));
  const { DEFAULT_SETTINGS } = await import(join(ROOT, 'dist/src/config/settings.js'));
  const dataDir = mkdtempSync(join(tmpdir(), 'rootline-types-'));
  const nothing = () => undefined;
  const log = { debug: nothing, info: nothing, warn: nothing, error: console.error };
  const server = await startServer({ ...DEFAULT_SETTINGS, port: 0, dataDir, demo: false }, log);
  try {
    return await (await fetch(`${server.url}/api/v1/openapi.json`)).json();
  } finally {
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(FILE, apiTypes(await servedDocument(), usedOperations()));
}

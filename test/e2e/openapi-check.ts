// Holds every answer that a test gets against the OpenAPI document that the server serves: is there such a route, does it
// name this status and this content type, does the body follow the schema (each line of it, for NDJSON). An answer that
// is not as described fails the test that got it.
import { createRequire } from 'node:module';
import type { Ajv2020 as Ajv } from 'ajv/dist/2020.js';

const require = createRequire(import.meta.url);
const { Ajv2020 } = require('ajv/dist/2020.js') as { Ajv2020: typeof Ajv };
const addFormats = require('ajv-formats') as (ajv: Ajv) => void;

interface Operation {
  readonly responses: {
    readonly [status: string]: {
      readonly content?: { readonly [type: string]: { readonly schema: object } };
      readonly headers?: { readonly [name: string]: unknown };
    };
  };
}
export interface OpenApiDocument {
  readonly paths: { readonly [path: string]: { readonly [method: string]: Operation } };
}

export interface Given {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly type: string | null;
  /** Null: it is not looked at. */
  readonly text: string | null;
}

const DOCUMENT = 'rootline';
const PROBLEM = 'application/problem+json';
const NDJSON = 'application/x-ndjson';
/** Described elsewhere, or not API at all. */
const NOT_DESCRIBED = /^\/(?!api\/|health\/|metrics$)|^\/api\/v1(\/(openapi|asyncapi)\.json)?$/;

export class OpenApiCheck {
  private readonly ajv: Ajv;
  private readonly routes: { readonly path: string; readonly pattern: RegExp; readonly literals: number }[];
  checked = 0;

  constructor(private readonly document: OpenApiDocument) {
    this.ajv = new Ajv2020({ strict: false, allErrors: true });
    addFormats(this.ajv);
    this.ajv.addSchema(document, DOCUMENT);
    this.routes = Object.keys(document.paths)
      .map((path) => ({
        path,
        pattern: new RegExp(`^${path.replace(/\./g, '\\.').replace(/\{\w+\}/g, '[^/]+')}$`),
        literals: path.split('/').filter((part) => !part.startsWith('{')).length,
      }))
      .toSorted((a, b) => b.literals - a.literals);
  }

  /** Throws when the answer is not as described. */
  check({ method, path, status, type, text }: Given): void {
    const plain = path.split('?', 1)[0]!.replace(/(.)\/$/, '$1');
    const what = `${method} ${path} -> ${status} ${type ?? ''}`;
    const kind = type?.split(';', 1)[0] ?? null;
    const route = this.routes.find(({ pattern }) => pattern.test(plain))?.path;
    const operation =
      route === undefined
        ? undefined
        : this.document.paths[route]![(method === 'HEAD' ? 'GET' : method).toLowerCase()];
    this.checked++;
    if (operation === undefined) {
      if (NOT_DESCRIBED.test(plain) && status < 400) return;
      if (status < 400) throw new Error(`${what}: the document has no such route`);
      // Who comes with a browser to an address that nobody has is shown the page.
      if (status === 404 && kind === 'text/html' && !/^\/(api|docs|health|metrics)\b/.test(plain)) return;
      if (kind !== PROBLEM) throw new Error(`${what}: an error that is no problem`);
      this.follows(`${DOCUMENT}#/components/schemas/Problem`, text, what);
      return;
    }
    const response = operation.responses[String(status)];
    if (response === undefined) {
      const known = Object.keys(operation.responses).join(', ');
      throw new Error(
        `${what}: the document has no such status for ${route}; it has ${known}\n${text ?? ''}`,
      );
    }
    const content = response.content ?? {};
    if (Object.keys(content).length === 0) {
      if ((text ?? '') !== '') throw new Error(`${what}: the document has no body`);
      return;
    }
    if (kind === null || content[kind] === undefined)
      throw new Error(`${what}: the document has ${Object.keys(content).join(', ')}`);
    const at = [
      'paths',
      route!,
      (method === 'HEAD' ? 'GET' : method).toLowerCase(),
      'responses',
      String(status),
    ];
    const pointer = [...at, 'content', kind, 'schema'].map(escaped).join('/');
    if (text === null || method === 'HEAD') return;
    if (kind === NDJSON) {
      for (const line of text.split('\n'))
        if (line !== '') this.follows(`${DOCUMENT}#/${pointer}`, line, what);
    } else if (kind.endsWith('json')) {
      this.follows(`${DOCUMENT}#/${pointer}`, text, what);
    }
  }

  private follows(ref: string, text: string | null, what: string): void {
    if (text === null || text === '') return;
    const validate = this.ajv.getSchema(ref) ?? this.ajv.compile({ $ref: ref });
    if (validate(JSON.parse(text)) === true) return;
    const errors = this.ajv.errorsText(validate.errors, { separator: '\n  ' });
    throw new Error(`${what}: not as described:\n  ${errors}\n${text.slice(0, 2_000)}`);
  }
}

function escaped(part: string): string {
  return encodeURIComponent(part.replace(/~/g, '~0').replace(/\//g, '~1'));
}

// ---- every fetch() of a test, to every server that it started

const checks = new Map<string, OpenApiCheck>();
const plainFetch = globalThis.fetch;

export async function checkAnswersOf(url: string): Promise<OpenApiCheck> {
  const document = (await (await plainFetch(`${url}/api/v1/openapi.json`)).json()) as OpenApiDocument;
  const check = new OpenApiCheck(document);
  checks.set(url, check);
  return check;
}

export function checkOf(url: string): OpenApiCheck | undefined {
  return checks.get(url);
}

globalThis.fetch = async (input, init) => {
  const answer = await plainFetch(input, init);
  const url = new URL(input instanceof Request ? input.url : input);
  const check = checks.get(url.origin);
  if (check === undefined) return answer;
  const method = (init?.method ?? (input instanceof Request ? input.method : 'GET')).toUpperCase();
  const given = {
    method,
    path: url.pathname + url.search,
    status: answer.status,
    type: answer.headers.get('content-type'),
  };
  check.check({ ...given, text: null });
  // The body is checked when the test reads it: one that is never read may be endless.
  const plain = answer.text.bind(answer);
  const text = async (): Promise<string> => {
    const body = await plain();
    check.check({ ...given, text: body });
    return body;
  };
  const json = async (): Promise<unknown> => JSON.parse(await text());
  return Object.assign(answer, { text, json });
};

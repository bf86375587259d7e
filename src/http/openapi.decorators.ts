// Describes a route once: query, body, answers, and the errors that every route can give. Schemas are named components.
import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiParam, ApiQuery, ApiResponse } from '@nestjs/swagger';
import { z } from 'zod';
import { PROBLEM_TYPES, problemTypeUri } from './problem-types.js';

type JsonSchema = { readonly [key: string]: unknown };

/** Components by name, filled while controllers are declared. */
export const COMPONENTS = new Map<string, JsonSchema>();

export const problem = z.object({
  type: z
    .enum(PROBLEM_TYPES.map(({ name }) => problemTypeUri(name)))
    .describe('stable; /api/v1/problems says what each means'),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  expected: z.array(z.string()).describe('what would have been accepted, where it can be listed'),
});

export function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target: 'draft-2020-12', io });
  return rest;
}

function component(name: string, schema: z.ZodType, io: 'input' | 'output'): { $ref: string } {
  if (!COMPONENTS.has(name)) COMPONENTS.set(name, jsonSchema(schema, io));
  return { $ref: `#/components/schemas/${name}` };
}

export interface RouteDoc {
  readonly summary: string;
  readonly description?: string;
  /** Path parameters with their meaning. */
  readonly params?: { readonly [name: string]: string };
  readonly query?: z.ZodObject;
  readonly body?: { readonly name: string; readonly schema: z.ZodType; readonly required: boolean };
  readonly answer: {
    readonly status: number;
    readonly description: string;
    readonly name?: string;
    readonly schema?: z.ZodType;
    /** Type of an answer that is text. */
    readonly text?: string;
  };
  /** 202 with a job, where the work may take long (see http/async-answer.ts). */
  readonly accepted?: { readonly description: string; readonly name: string; readonly schema: z.ZodType };
  readonly ndjson?: string;
  /** Set where 202 may come instead, with the same body: what that means. */
  readonly runsOn?: string;
  /** Set where 204 may come instead, without a body: what that means. */
  readonly nothingLeft?: string;
  /** Answers as server-sent events. */
  readonly eventStream?: boolean;
  /** Content type of an answer that is bytes. */
  readonly binary?: string;
  readonly headers?: { readonly [name: string]: string };
  /** Statuses of the problems that this route gives besides those that all share (COMMON_PROBLEMS). */
  readonly problems?: readonly number[];
}

const COMMON_PROBLEMS = [400, 401, 403, 414, 421, 429, 500, 503];
const PROBLEM_TEXT: { readonly [status: number]: string } = {
  400: 'a field or value that is not known',
  401: 'a token is needed; WWW-Authenticate says why',
  403: 'a foreign Origin, or a read token that would change something',
  404: 'there is no such session or part of it',
  409: 'the present state forbids it; `expected` lists what is allowed',
  412: 'the session is not at the position that If-Match names',
  413: 'the body is too large',
  414: 'the address is too long',
  415: 'the content type is not understood',
  421: 'a Host that this server does not answer for',
  422: 'a value that the model does not accept',
  428: 'If-Match is missing',
  429: 'a named limit was reached; Retry-After says when to ask again',
  500: 'the server failed',
  507: 'the disk is full',
  503: 'the server is stopping, or the store does not work',
};

export function Route(doc: RouteDoc): MethodDecorator {
  const { answer } = doc;
  const schema = answer.schema === undefined ? undefined : component(answer.name!, answer.schema, 'output');
  const content: { [type: string]: { schema: object } } = {};
  if (schema !== undefined) content['application/json'] = { schema };
  if (answer.text !== undefined) content[answer.text] = { schema: { type: 'string' } };
  if (doc.binary !== undefined) content[doc.binary] = { schema: { type: 'string', format: 'binary' } };
  if (doc.ndjson !== undefined)
    content['application/x-ndjson'] = { schema: { $ref: `#/components/schemas/${doc.ndjson}` } };
  if (doc.eventStream === true) content['text/event-stream'] = { schema: { type: 'string' } };
  const headers = Object.fromEntries(
    Object.entries(doc.headers ?? {}).map(([name, description]) => [
      name,
      { description, schema: { type: 'string' as const } },
    ]),
  );
  const parts: MethodDecorator[] = [
    ApiOperation({
      summary: doc.summary,
      ...(doc.description === undefined ? {} : { description: doc.description }),
    }),
    ApiResponse({
      status: answer.status,
      description: answer.description,
      content: content as never,
      headers,
    }),
  ];
  if (doc.accepted !== undefined) {
    const { description, name, schema: given } = doc.accepted;
    parts.push(
      ApiResponse({
        status: 202,
        description,
        content: { 'application/json': { schema: component(name, given, 'output') } },
        headers: {
          Location: { description: 'address of the job', schema: { type: 'string' } },
          'Preference-Applied': {
            description: 'respond-async, where it was asked for',
            schema: { type: 'string' },
          },
        },
      }),
    );
  }
  if (doc.runsOn !== undefined) {
    parts.push(ApiResponse({ status: 202, description: doc.runsOn, content: content as never, headers }));
  }
  if (doc.nothingLeft !== undefined) {
    parts.push(ApiResponse({ status: 204, description: doc.nothingLeft, headers }));
  }
  const problemRef = component('Problem', problem, 'output');
  for (const status of [...COMMON_PROBLEMS, ...(doc.problems ?? [])]) {
    const description = PROBLEM_TEXT[status] ?? 'a problem';
    parts.push(
      ApiResponse({ status, description, content: { 'application/problem+json': { schema: problemRef } } }),
    );
  }
  for (const [name, description] of Object.entries(doc.params ?? {})) {
    parts.push(ApiParam({ name, description, schema: { type: 'string' } }));
  }
  if (doc.query !== undefined) parts.push(...queryDecorators(doc.query));
  if (doc.body !== undefined) {
    parts.push(
      ApiBody({ required: doc.body.required, schema: component(doc.body.name, doc.body.schema, 'input') }),
    );
  }
  return applyDecorators(...parts);
}

function queryDecorators(schema: z.ZodObject): MethodDecorator[] {
  const properties = (jsonSchema(schema, 'input').properties ?? {}) as { [name: string]: JsonSchema };
  return Object.entries(properties).map(([name, { description, ...rest }]) =>
    ApiQuery({
      name,
      required: false,
      description: typeof description === 'string' ? description : '',
      schema: rest as never,
    }),
  );
}

// Checks a body or a query against a zod schema. Unknown fields are errors that name the accepted ones.
import type { PipeTransform } from '@nestjs/common';
import { z } from 'zod';
import { Problem } from './problem.js';

export class ZodPipe<T extends z.ZodObject> implements PipeTransform<unknown, z.output<T>> {
  constructor(
    private readonly schema: T,
    private readonly what: 'body' | 'query',
  ) {}

  transform(value: unknown): z.output<T> {
    const result = this.schema.safeParse(value ?? {});
    if (result.success) return result.data;
    const accepted = Object.keys(this.schema.shape);
    const { issues } = result.error;
    const unknown = issues.find((issue) => issue.code === 'unrecognized_keys');
    if (unknown !== undefined && unknown.path.length === 0) {
      const names = unknown.keys.map((key) => `"${key}"`).join(', ');
      const detail = `unknown field ${names} in the ${this.what}; accepted: ${accepted.join(', ')}`;
      throw new Problem(400, 'unknown-field', detail, accepted);
    }
    const texts = issues.map((issue) => `${issue.path.join('.') || this.what}: ${issue.message}`);
    throw new Problem(400, this.what === 'body' ? 'bad-body' : 'bad-query', texts.join('; '), accepted);
  }
}

/** A whole number in a query string. */
export function queryInteger(min: number, max: number) {
  const expected = `expected a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,16}$/, expected)
    .transform(Number)
    .refine((n) => n >= min && n <= max, expected);
}

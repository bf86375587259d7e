// The manifest of a sweep as it comes back from a file or a request: its form; what it says is checked when it is planned.
import { z } from 'zod';
import { BadInput } from '../core/base/errors.js';
import type { SweepManifest } from '../core/sweeps/plan.js';

const numbers = z.record(z.string(), z.number());
const lists = z.record(z.string(), z.array(z.number()));

const protocol = z.strictObject({
  id: z.string(),
  digest: z.string(),
  user: z
    .strictObject({
      text: z.strictObject({ file: z.string(), digest: z.string(), text: z.string() }),
      digests: z.record(z.string(), z.string()),
    })
    .optional()
    .describe('of a protocol that a user brought; a server takes only those of its folder'),
});

/** What a sweep is a function of: written by Rootline, read back by it. */
export const manifest = z.strictObject({
  format: z.literal('rootline-sweep'),
  version: z.literal(1),
  engine: z.string(),
  scenario: z.string(),
  protocols: z.array(protocol),
  seeds: z.string(),
  parameters: lists.describe('every parameter of the scenario; more than one value: an axis of the table'),
  costs: lists,
  limits: numbers,
  scheduler: z.string(),
  invariants: z.boolean(),
  metrics: z.union([z.array(z.string()), z.null()]).describe('null: those that occur'),
});

/** Of a file: a manifest, or a document that has one (`sweep --json`). */
export function readManifest(text: string, file: string): SweepManifest {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new BadInput('sweep-manifest', `${file} is not JSON: ${String(error)}`);
  }
  const inside = z.object({ manifest: z.unknown() }).safeParse(json);
  const found = manifest.safeParse(inside.success ? inside.data.manifest : json);
  if (found.success) return found.data;
  const issues = found.error.issues.map(({ path, message }) => `${path.join('.') || 'manifest'}: ${message}`);
  throw new BadInput(
    'sweep-manifest',
    `${file} is no manifest of a sweep; expected what --save-manifest wrote: ${issues.slice(0, 3).join('; ')}`,
  );
}

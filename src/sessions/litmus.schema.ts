// The text of a litmus that a user wrote, as clients hand it in.
import { z } from 'zod';
import { LITMUS_LIMITS } from '../core/scenarios/litmus/text/limits.js';

export const litmusText = z.strictObject({
  text: z
    .string()
    .max(LITMUS_LIMITS.bytes)
    .describe('a litmus of your own; GET /litmus has the text of each shipped one to begin with'),
  digest: z.string().optional().describe('of the text, as sessions have it: refused where it is another one'),
});

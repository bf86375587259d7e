// A litmus as clients name it: a shipped one, or the text of one of their own.
import { z } from 'zod';
import { litmusText } from '../sessions/litmus.schema.js';

export const litmusRef = z.union([
  z.string().describe('a scenario small enough to search: v-d, reference, reference-coarse ...'),
  litmusText,
]);

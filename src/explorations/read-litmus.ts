// Reads the file of a user's litmus. What is wrong in it is told with the file's name.
import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { BadInput } from '../core/base/errors.js';
import { LITMUS_LIMITS } from '../core/scenarios/litmus/text/limits.js';
import { type OwnLitmus, ownLitmus } from '../core/scenarios/litmus/text/own-litmus.js';

export function readLitmus(path: string): OwnLitmus {
  const file = basename(path);
  let text: string;
  try {
    const { size } = statSync(path);
    if (size > LITMUS_LIMITS.bytes)
      throw new BadInput(
        'litmus-text',
        `${file}: ${size} bytes; at most LITMUS_LIMITS.bytes = ${LITMUS_LIMITS.bytes} are read`,
      );
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof BadInput) throw error;
    throw new BadInput(
      'litmus-file',
      `${path} cannot be read (${(error as Error).message}); expected the text of a litmus`,
    );
  }
  return ownLitmus(text, file);
}

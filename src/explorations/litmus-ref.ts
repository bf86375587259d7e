// A litmus as a request names it: a shipped one, or the text of a user's own. Small: a search of a second loads no more than it needs.
import type { LitmusRef } from '../core/explorer/relax/relax-litmus.js';
import type { LitmusText } from '../core/scenarios/litmus/text/own-litmus.js';

export const LITMUS_EXTENSION = '.litmus';

/** A file rather than the name of a shipped one. */
export function isLitmusFile(word: string): boolean {
  return word.endsWith(LITMUS_EXTENSION);
}

/** What a command was given as a litmus: a file of the user's own, or a name. */
export async function litmusRefOf(word: string): Promise<LitmusRef> {
  if (!isLitmusFile(word)) return word;
  const { readLitmus } = await import('./read-litmus.js');
  return readLitmus(word).source;
}

/** As a search is asked for. */
export function asRequest(litmus: LitmusRef): { readonly litmus: string; readonly userLitmus?: LitmusText } {
  return typeof litmus === 'string' ? { litmus } : { litmus: '', userLitmus: litmus };
}

// The verdict of an exploration, or the state of one that has none: the server's word with its sign.
import type { Exploration } from '../api/schema.js';

type Shown = Pick<Exploration, 'state' | 'result'>;

export function toneOf({ state, result }: Shown): 'bad' | 'good' | 'warn' | 't2' {
  if (result !== null) {
    return result.verdict === 'violated' ? 'bad' : result.verdict === 'holds' ? 'good' : 'warn';
  }
  return state === 'failed' ? 'bad' : 't2';
}

export function signOfVerdict({ state, result }: Shown): string {
  if (result !== null) return result.verdict === 'violated' ? '✕' : result.verdict === 'holds' ? '✓' : '…';
  return state === 'failed' ? '!' : state === 'running' ? '▸' : state === 'queued' ? '○' : '■';
}

export function wordOf({ state, result }: Shown): string {
  return result?.verdict ?? state;
}

export function VerdictMark(shown: Shown) {
  return (
    <span className={`mark ${toneOf(shown)}`}>
      <i aria-hidden="true">{signOfVerdict(shown)}</i>
      {wordOf(shown)}
    </span>
  );
}

// A session's state in a sign and a word. The sign alone tells states apart without colour.
import type { Summary } from './session-list.js';

const SIGNS: { readonly [state: string]: readonly [sign: string, colour: string] } = {
  queued: ['○', 'var(--t3)'],
  running: ['●', 'var(--acc)'],
  paused: ['‖', 'var(--t1)'],
  waiting: ['◇', 'var(--acc)'],
  interrupted: ['▲', 'var(--invalT)'],
  finished: ['✓', 'var(--t3)'],
  failed: ['✕', 'var(--badT)'],
  cancelled: ['–', 'var(--t3)'],
};

export function stateWord({ state, outcome, kind }: Pick<Summary, 'state' | 'outcome' | 'kind'>): string {
  if (state !== 'finished') return state;
  if (outcome === 'no_forward_progress') return 'no progress';
  if (outcome === 'limit_reached') return 'limit reached';
  if (outcome === 'failed') return 'failed';
  return kind === 'explored' ? 'counterexample' : kind === 'imported' ? 'imported' : 'finished';
}

export function StateMark({ session }: { readonly session: Pick<Summary, 'state' | 'outcome' | 'kind'> }) {
  const word = stateWord(session);
  const wrong = word === 'no progress' || word === 'counterexample' || word === 'failed';
  const [sign, colour] = wrong ? ['✕', 'var(--badT)'] : (SIGNS[session.state] ?? ['?', 'var(--t3)']);
  return (
    <span className="mark" title={session.state === 'waiting' ? 'waits for a command' : undefined}>
      <i style={{ color: colour }} aria-hidden="true">
        {sign}
      </i>
      {word}
    </span>
  );
}

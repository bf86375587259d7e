// The invariants that a session has broken, as chips: ✕ where something was unsafe, ▲ where it cost or hung. The list of
// sessions does not carry them: they are read when an ended session's row is seen.
import { useEffect, useState } from 'react';
import { ask } from '../api/ask.js';
import { useResource } from '../api/resource.js';
import { inTurn } from './in-turn.js';
import type { Summary } from './session-list.js';

interface Broken {
  readonly invariant: string;
  readonly name: string;
}

const MAX_KEPT = 1_000;
const kept = new Map<string, readonly Broken[]>();
const SEALED = new Set(['finished', 'failed', 'cancelled']);

function useBroken({ id, state }: Summary): readonly Broken[] | null {
  const [broken, setBroken] = useState<readonly Broken[] | null>(() => kept.get(id) ?? null);
  const sealed = SEALED.has(state);
  useEffect(() => {
    if (!sealed || kept.has(id)) return;
    let live = true;
    inTurn(async () => {
      if (!live) return;
      const session = await ask<'Sessions_get'>('GET', `/sessions/${id}`).catch(() => null);
      if (session === null) return;
      const found = (session.verdicts ?? []).filter(({ verdict }) => verdict === 'violated');
      if (kept.size >= MAX_KEPT) kept.clear();
      kept.set(id, found);
      if (live) setBroken(found);
    });
    return () => {
      live = false;
    };
  }, [id, sealed]);
  return broken;
}

/** I38 -> what kind of promise it is; until that is read, all look alike. */
export function useInvariantKinds(): ReadonlyMap<string, string> {
  const { data } = useResource('invariants', () => ask<'Invariants_list'>('GET', '/invariants'));
  return new Map(data?.invariants.map(({ id, kind }) => [id, kind]));
}

export function VerdictChip({ invariant, name, kind }: Broken & { readonly kind: string | undefined }) {
  const unsafe = kind !== 'performance' && kind !== 'liveness';
  return (
    <span className={unsafe ? 'chip b' : 'chip i'} title={name}>
      {unsafe ? '✕' : '▲'} {invariant}
    </span>
  );
}

export function BrokenCell({
  session,
  kinds,
}: {
  readonly session: Summary;
  readonly kinds: ReadonlyMap<string, string>;
}) {
  const broken = useBroken(session);
  if (broken !== null && broken.length > 0) {
    const [first] = broken;
    return (
      <span title={broken.map(({ invariant, name }) => `${invariant} ${name}`).join(', ')}>
        <VerdictChip {...first} kind={kinds.get(first.invariant)} />
        {broken.length > 1 && <span className="t3"> +{broken.length - 1}</span>}
      </span>
    );
  }
  if (session.findings > 0) return <span className="chip b">✕ {session.findings}</span>;
  return <span className="t3">{broken === null && SEALED.has(session.state) ? ' ' : 'none'}</span>;
}

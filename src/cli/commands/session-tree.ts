// The tree that sessions and their forks are, as lines of text.
import type { SessionDocument } from '../documents.js';
import { grouped } from '../terminal.js';

/** Every session under the one that it was forked from, with what is different. */
export function treeLines(sessions: readonly SessionDocument[]): string[] {
  const known = new Set(sessions.map(({ id }) => id));
  const oldestFirst = [...sessions].sort((a, b) => Number(a.id) - Number(b.id));
  const lines: string[] = [];
  const gone = new Set<string>();
  for (const { parent } of oldestFirst)
    if (parent !== null && !known.has(parent.sessionId)) gone.add(parent.sessionId);
  // Deep trees are no recursion.
  const open: { readonly id: string; readonly depth: number }[] = [
    ...oldestFirst.filter(({ parent }) => parent === null).map(({ id }) => id),
    ...gone,
  ]
    .sort((a, b) => Number(b) - Number(a))
    .map((id) => ({ id, depth: 0 }));
  const byId = new Map(sessions.map((session) => [session.id, session]));
  const forks = new Map<string, string[]>();
  for (const { id, parent } of oldestFirst)
    if (parent !== null) forks.set(parent.sessionId, [id, ...(forks.get(parent.sessionId) ?? [])]);
  while (open.length > 0) {
    const { id, depth } = open.pop()!;
    lines.push(`${'  '.repeat(depth)}${nodeText(id, byId.get(id))}`);
    for (const fork of forks.get(id) ?? []) open.push({ id: fork, depth: depth + 1 });
  }
  return lines;
}

function nodeText(id: string, session: SessionDocument | undefined): string {
  if (session === undefined) return `${id} (deleted)`;
  const { scenario, protocol, seed, state, outcome, events, findings } = session;
  const edge = session.parent === null ? undefined : session.forks.at(-1);
  const what =
    edge === undefined
      ? `${scenario} under ${protocol}, seed ${seed}`
      : edge.again === null
        ? `at ${edge.position}: ${edge.difference}`
        : `at ${edge.at}, again from the start: ${edge.difference}`;
  const found = findings === 0 ? '' : `, ${findings} findings`;
  return `${id} ${what} (${outcome ?? state}, ${grouped(events)} events${found})`;
}

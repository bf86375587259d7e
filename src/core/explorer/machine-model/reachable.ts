// Which procedures threads that begin at given ones can come to: read from the text of the steps. Any word that is a procedure's
// name counts as a call of it, so it may be too many, not too few; a helper that hides a name would hide the call, and
// machine-model.ts refuses to go on where a thread stands in a procedure that was taken to be out of reach.
import type { LinkedProtocol } from '../../machine/link.js';

export function reachable(linked: LinkedProtocol, entries: readonly string[]): ReadonlySet<string> {
  const byName = new Map(linked.procedures.map((proc) => [proc.name, proc]));
  const reached = new Set<string>();
  const open = [...entries];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const proc = byName.get(name);
    if (proc === undefined || reached.has(name)) continue;
    reached.add(name);
    for (const [ask, then] of Object.values(proc.source.steps))
      for (const word of `${String(ask)} ${String(then)}`.match(/[A-Za-z_]\w*/g) ?? [])
        if (byName.has(word)) open.push(word);
  }
  return reached;
}

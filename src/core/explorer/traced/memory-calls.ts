// Calls of user space on memory of the process (madvise, mprotect, mmap, fork): a recording shows that the MMU notifier ran over a
// range, not which call it was. Which one is told by what the next faults on its pages found there.
import { ACCESS, IOCTL } from '../../events/constants.js';
import { TRACED_CALL, type TracedCall } from '../../scenarios/traced/workload.js';
import type { Gfns } from './gfns.js';
import type { Call, MemoryCall } from './task-calls.js';

/** What became of one page. */
type Effect = 'unbacked' | 'read-only' | 'copied' | 'shared for a time' | 'as it was';

/** What the model is to call. */
export interface MemoryOperation {
  readonly call: TracedCall;
  /** Where the process was forked: the child ends, which no line shows, behind this one at the latest. */
  readonly childEnds: { readonly line: number; readonly call: TracedCall } | null;
}

/** For each call that is kept. */
export function memoryOperations(
  calls: readonly MemoryCall[],
  faults: readonly Call[],
  gfns: Gfns,
): Map<MemoryCall, MemoryOperation> {
  const out = new Map<MemoryCall, MemoryOperation>();
  /** By gfn: the call behind this one that is about it, and what came of the page there. */
  const next = new Map<number, Found>();
  for (const call of calls.toReversed()) {
    if (!call.kept) continue;
    const seen: Found[] = [];
    for (const gfn of call.gfns) {
      const found = effectOf(faults, call.line, gfn, next.get(gfn) ?? null);
      next.set(gfn, { ...found, line: call.line });
      seen.push(found);
    }
    const pages = [...call.gfns].map((gfn) => gfns.hostPageOf(gfn));
    const first = Math.min(...pages);
    const on = (operation: number, argument: number): TracedCall => [
      TRACED_CALL.memory,
      operation,
      first,
      Math.max(...pages) + 1 - first,
      argument,
    ];
    const [operation, argument] = operationOf(new Set(seen.map(({ effect }) => effect)));
    // Who writes without a copy has the page for itself again.
    const own = seen.flatMap(({ effect, line }) => (effect === 'shared for a time' ? [line] : []));
    out.set(call, {
      call: on(operation, argument),
      childEnds:
        operation === IOCTL.FORK
          ? { line: Math.min(Number.MAX_SAFE_INTEGER, ...own), call: on(IOCTL.CHILD_EXIT, 0) }
          : null,
    });
  }
  return out;
}

interface Found {
  readonly effect: Effect | null;
  /** Of the fault that told it. */
  readonly line: number;
}

function effectOf(faults: readonly Call[], from: number, gfn: number, next: Found | null): Found {
  const until = next?.line ?? Number.POSITIVE_INFINITY;
  const [first, second] = faults.filter((one) => one.gfn === gfn && one.line > from && one.line < until);
  if (first === undefined) return { effect: null, line: 0 };
  const { line } = second ?? first;
  if ((first.access & ACCESS.WRITE) !== 0) return { effect: first.notified ? 'copied' : null, line };
  if (first.writable === true) return { effect: 'as it was', line };
  if (second !== undefined) return { effect: second.notified ? 'unbacked' : 'shared for a time', line };
  return { effect: next?.effect === 'as it was' ? 'read-only' : 'unbacked', line };
}

/** One call, and its argument, over all of its pages. */
function operationOf(effects: ReadonlySet<Effect | null>): readonly [number, number] {
  // Behind a fork a page is copied by who writes to it, until the child has ended: whatever the others say, that explains it.
  const mixed = effects.has('unbacked') && effects.has('as it was');
  if (mixed || effects.has('copied') || effects.has('shared for a time')) return [IOCTL.FORK, 0];
  if (effects.has('read-only')) return [IOCTL.MPROTECT, 1];
  if (effects.has('as it was')) return [IOCTL.MPROTECT, 0];
  return [IOCTL.MADVISE_DONTNEED, 0];
}
